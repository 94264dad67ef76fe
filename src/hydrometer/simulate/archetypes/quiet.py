"""Quiet accounts: one to three exchanges in all, no threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.simulate.clock import heavy_tailed

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "quiet"
SHARE = 0.14
MEAN = 1.4


def populate(draft: Draft, count: int) -> None:
    """Add `count` accounts with a median of 1 exchange and at most 5."""
    rows = draft.accounts(count, KIND)
    draft.commons.people.append(draft.home_addresses(rows))
    account, at, addresses, session, turns = draft.people_talk(
        rows, heavy_tailed(draft.rng, count, 1.2, 0.5, 5), threads=False
    )
    prompts = draft.prompts(account, popular=0.06)
    draft.exchanges(account, at, prompts, addresses=addresses, session=session, turns=turns, refused=0.008)
