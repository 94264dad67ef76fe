"""Products: one template and hundreds to thousands of calls, each for a customer of the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import heavy_tailed
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "product"
SHARE = 0.005


def populate(draft: Draft, count: int) -> None:
    """Add `count` products with a median of 500 calls in a fortnight and an end user each; tutors and markers of
    homework among them, whose templates ask for steps and marks."""
    rng = draft.rng
    rows = draft.accounts(count, KIND, homes=draft.internet.fresh(rng, count, CLOUD), plan="team", verification="card")
    templates = [draft.template("product") for _ in rows]
    account, at, _, _, _ = draft.people_talk(
        rows, heavy_tailed(rng, count, 500 * draft.days / 14, 0.8, 4_000), session=1.2, roaming=0.0
    )
    users = np.array(
        [f"u{a:03d}_{int(u)}" for a, u in zip(account, rng.pareto(1.0, len(account)) * 40 % 900, strict=True)],
        dtype=object,
    )
    draft.exchanges(
        account,
        at,
        draft.anybodys_prompts(len(account)),
        system=[templates[a - rows[0]] for a in account],
        end_user=users,
        turns=2,
    )
