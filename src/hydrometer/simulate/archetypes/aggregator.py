"""Aggregators: one organisation that routes many strangers' requests, with an end_user_id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.networks import CLOUD
from hydrometer.simulate.populace import ids
from hydrometer.simulate.supplies import NONE
from hydrometer.simulate.templates import HARNESS

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "aggregator"
SHARE = 0.005
MEAN = 310


def populate(draft: Draft, count: int) -> None:
    """Add `count` keys of two aggregators; personas, languages, harness strings and clients change from user to
    user."""
    rng = draft.rng
    firm = (draft.place + np.arange(count)) % 2
    shared = draft.commons.draws(KIND)
    rows = draft.accounts(
        count,
        KIND,
        homes=draft.internet.fresh(rng, count, CLOUD),
        org_id=ids(shared, "org_", 2, 12)[firm],
        payment_fingerprint=ids(shared, "pm_", 2)[firm],
        plan="enterprise",
        verification="card",
    )
    account, at, _, _, turns = draft.people_talk(
        rows, draft.volumes(count, 240 * draft.days / 14, 0.7, 2_000), session=3, roaming=0.0
    )
    user = (rng.pareto(0.9, len(account)) * 12 % 400).astype(np.int64)
    own = [NONE, NONE, draft.repertoire.fixed(HARNESS)]
    personas = np.concatenate([own, draft.templates("persona", 60, shared)])
    clients = draw_clients(shared, 400)
    users = np.array([f"agg{firm}_{user}" for firm in range(2) for user in range(400)], dtype=object)
    draft.exchanges(
        account,
        at,
        draft.anybodys_prompts(len(account), popular=0.04),
        system=personas[user % len(personas)],
        end_user=users[firm[account - rows[0]] * 400 + user],
        client=clients[user],
        turns=turns,
        channel="aggregator",
        refused=0.006,
    )
