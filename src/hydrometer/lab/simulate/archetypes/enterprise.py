"""Enterprises: one organisation, one egress, many accounts behind single sign-on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids
from hydrometer.lab.simulate.clients import draw_clients
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import name_communities
from hydrometer.lab.simulate.networks import OFFICE
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "enterprise"
SHARE = 0.12
MEAN = 20


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` employees of organisations of 8 to 120 accounts: same domain, card, address, internal instructions,
    and a proxy that opens TLS anew, so that every client behind it has the proxy's handshake."""
    rng = cohort.rng
    sizes: list[int] = []
    while sum(sizes) < count:
        sizes.append(int(min(120, 8 + rng.pareto(1.0) * 14)))
    firm = np.repeat(np.arange(len(sizes)), sizes)[:count]
    firms = len(sizes)
    egress = cohort.internet.draw_addresses(rng, firms, OFFICE)
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(homes=egress.take(firm), community=name_communities(cohort, KIND, firm)),
        org_id=draw_ids(rng, "org_", firms, 12)[firm],
        email_domain=np.array(
            [
                f"{cohort.dice.pick(('corp', 'group', 'works'))}-{cohort.accounts_before + i}-{cohort.dice.below(9999)}.example"
                for i in range(firms)
            ],
            dtype=object,
        )[firm],
        payment_fingerprint=draw_ids(rng, "pm_", firms)[firm],
        signup_ip=egress.ip[firm],
        plan="enterprise",
        verification="sso",
        device_id=None,
        phone_hash=None,
    )
    volumes = cohort.draw_volumes(count, 11 * cohort.days / 14, 1.1, 500)
    account, at, _, session, turns = cohort.draw_human_exchanges(rows, volumes, HumanHabits(roaming=0.0))
    proxy = draw_clients(rng, firms)
    desk = cohort.draw_templates("agency_brief", firms)
    of = firm[account - rows[0]]
    system = np.where(rng.random(len(of)) < 0.5, desk[of], NONE)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_prompts(account, popular=0.02),
            system=system,
            tls=proxy[of],
            session=session,
            turns=turns,
            refused=0.001,
        )
    )
