"""Hackathons: throw-away e-mails, one or two BINs, one venue address, one starter template, two days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY
from hydrometer.simulate.networks import OFFICE
from hydrometer.simulate.populace import card_numbers
from hydrometer.simulate.templates import STARTER

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "hackathon"
SHARE = 0.02
MEAN = 19


def populate(draft: Draft, count: int) -> None:
    """Add `count` participants of events of two days with about 45 participants; they sign up within a
    few hours of the start."""
    rng = draft.rng
    events = max(1, round(count / 45))
    for size in (len(part) for part in np.array_split(np.arange(count), events)):
        if not size:
            continue
        begin = float(rng.uniform(0, max(0.5, draft.days - 3)))
        made = draft.burst(size, begin, 5.0)
        venue = draft.internet.fresh(rng, 1, OFFICE)
        bins = card_numbers(rng, 2)
        rows = draft.accounts(
            size,
            KIND,
            homes=venue.take(np.zeros(size, dtype=np.int64)),
            created_at=made,
            signup_ip=venue.ip[0],
            email_domain=rng.choice(
                np.array(["tempbox.example", "mailhop.example", "gmail.com"], dtype=object), size, p=[0.5, 0.3, 0.2]
            ),
            payment_bin=rng.choice(bins, size),
            verification="email",
            plan="payg",
            phone_hash=None,
        )
        account, at, _, session, turns = draft.people_talk(
            rows,
            draft.volumes(size, 16, 0.6, 120),
            since=draft.start + int(begin * DAY),
            days=2.2,
            session=8,
            roaming=0.0,
        )
        own = draft.templates("persona", len(account))
        system = np.where(rng.random(len(account)) < 0.8, draft.repertoire.fixed(STARTER), own)
        draft.exchanges(account, at, draft.prompts(account, popular=0.0), system=system, session=session, turns=turns)
