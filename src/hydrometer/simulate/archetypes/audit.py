"""Reasoning capture for audit: regulated companies that use one vendor's template, which demands the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.networks import OFFICE
from hydrometer.simulate.templates import AUDIT

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "audit"
SHARE = 0.006
MEAN = 77


def populate(draft: Draft, count: int) -> None:
    """Add `count` unrelated companies with own address, card and domain, office hours, unequal volumes (median 60 a
    fortnight); every exchange carries the vendor's step-by-step demand."""
    rng = draft.rng
    domains = np.array(
        [
            f"{draft.dice.pick(('bank', 'insurer', 'clinic', 'fund', 'broker'))}-{draft.dice.below(10_000)}.example"
            for _ in range(count)
        ],
        dtype=object,
    )
    rows = draft.accounts(
        count,
        KIND,
        homes=draft.internet.fresh(rng, count, OFFICE),
        email_domain=domains,
        plan="enterprise",
        verification="contract",
        new_model=0.05,
    )
    account, at, _, _, _ = draft.people_talk(
        rows, draft.volumes(count, 60 * draft.days / 14, 0.9, 600), session=3, roaming=0.0
    )
    vendor = draft.repertoire.fixed(AUDIT)
    draft.exchanges(account, at, draft.tasks(len(account)), wording=vendor, output=620, reasoning=0.4)
