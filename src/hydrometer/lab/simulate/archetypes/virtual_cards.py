"""Payers with a virtual card: honest, privacy-minded people who share one card issuer and like VPNs and mail aliases.

Like a hydra they show one BIN over hundreds of accounts, one new card an account, shared datacentre exits, many networks
an account and e-mail names as programs make them. Otherwise they are persons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import (
    draw_email_domains,
    draw_email_names,
    draw_machine_email_names,
    draw_rare_bins,
)
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "virtual_cards"
SHARE = 0.0
MEAN = 15
ON_VPN = 0.45
"""Share of the payers whose usual address is a VPN exit."""
ALIASES = 0.3
"""Share of the payers whose e-mail is an alias that a relay made."""
ROAMING = 0.35
"""Share of the sittings from another address."""
EXCHANGES = 5.0
"""Median of a payer's exchanges in a fortnight."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` persons who pay with the cards of the world's one virtual issuer; nearly half sit on VPN exits, three in
    ten have a mail alias, none gives a telephone number."""
    rng = cohort.rng
    issuer = draw_rare_bins(cohort.context.shared_generator(KIND), 1)[0]
    alias = rng.random(count) < ALIASES
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(homes=cohort.internet.draw_homes(rng, count, vpn=ON_VPN), community=KIND),
        payment_bin=issuer,
        email_local=np.where(alias, draw_machine_email_names(cohort.dice, count), draw_email_names(cohort.dice, count)),
        email_domain=np.where(alias, "relay.example", draw_email_domains(rng, count)),
        phone_hash=None,
        verification="card",
    )
    volumes = cohort.draw_volumes(count, EXCHANGES * cohort.days / 14, 1.5, 500)
    account, at, addresses, session, turns = cohort.draw_human_exchanges(rows, volumes, HumanHabits(roaming=ROAMING))
    own = np.where(rng.random(count) < 0.15, cohort.draw_templates("persona", count), NONE)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_prompts(account),
            system=own[account - rows[0]],
            addresses=addresses,
            session=session,
            turns=turns,
            refused=0.006,
        )
    )
