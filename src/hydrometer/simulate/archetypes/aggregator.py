"""Aggregators: one organisation that routes many strangers' requests, with an end_user_id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.clock import heavy_tailed
from hydrometer.simulate.draft import ids
from hydrometer.simulate.networks import CLOUD
from hydrometer.simulate.templates import HARNESS

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "aggregator"
SHARE = 0.005


def populate(draft: Draft, count: int) -> None:
    """Add `count` keys of two aggregators; personas, languages, harness strings and clients change from user to
    user."""
    rng = draft.rng
    firm = np.arange(count) % 2
    rows = draft.accounts(
        count,
        KIND,
        homes=draft.internet.fresh(rng, count, CLOUD),
        org_id=ids(rng, "org_", 2, 12)[firm],
        payment_fingerprint=ids(rng, "pm_", 2)[firm],
        plan="enterprise",
        verification="card",
    )
    account, at, _, _, turns = draft.people_talk(
        rows, heavy_tailed(rng, count, 240 * draft.days / 14, 0.7, 2_000), session=3, roaming=0.0
    )
    user = (rng.pareto(0.9, len(account)) * 12 % 400).astype(np.int64)
    personas = [None, None, HARNESS, *(draft.template("persona") for _ in range(60))]
    clients = draw_clients(rng, 400)
    users = np.array([f"agg{firm[a - rows[0]]}_{u}" for a, u in zip(account, user, strict=True)], dtype=object)
    draft.exchanges(
        account,
        at,
        draft.anybodys_prompts(len(account), popular=0.04),
        system=[personas[u % len(personas)] for u in user],
        end_user=users,
        client=clients[user],
        turns=turns,
        channel="aggregator",
        refused=0.006,
    )
