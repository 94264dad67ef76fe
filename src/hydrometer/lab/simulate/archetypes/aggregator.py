"""Aggregators: one organisation that routes many strangers' requests, with an end_user_id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids
from hydrometer.lab.simulate.clients import draw_clients
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.honest_templates import HARNESS
from hydrometer.lab.simulate.networks import CLOUD
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "aggregator"
SHARE = 0.005
MEAN = 310


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` keys of two aggregators; personas, languages, harness strings and clients change from user to
    user."""
    rng = cohort.rng
    firm = (cohort.accounts_before + np.arange(count)) % 2
    shared = cohort.context.shared_generator(KIND)
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(homes=cohort.internet.draw_addresses(rng, count, CLOUD)),
        org_id=draw_ids(shared, "org_", 2, 12)[firm],
        payment_fingerprint=draw_ids(shared, "pm_", 2)[firm],
        plan="enterprise",
        verification="card",
    )
    account, at, _, _, turns = cohort.draw_human_exchanges(
        rows, cohort.draw_volumes(count, 240 * cohort.days / 14, 0.7, 2_000), HumanHabits(session=3, roaming=0.0)
    )
    user = (rng.pareto(0.9, len(account)) * 12 % 400).astype(np.int64)
    own = [NONE, NONE, cohort.catalogue.fixed_text(HARNESS)]
    personas = np.concatenate([own, cohort.draw_templates("persona", 60, shared)])
    clients = draw_clients(shared, 400)
    users = np.array([f"agg{firm}_{user}" for firm in range(2) for user in range(400)], dtype=object)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_anybodys_prompts(len(account), popular=0.04),
            system=personas[user % len(personas)],
            end_user=users[firm[account - rows[0]] * 400 + user],
            client=clients[user],
            turns=turns,
            channel="aggregator",
            refused=0.006,
        )
    )
