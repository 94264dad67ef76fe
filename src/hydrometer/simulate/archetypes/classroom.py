"""Classes: edu addresses, sign-up in a burst, everybody asks the same questions of one assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.networks import OFFICE
from hydrometer.simulate.supplies import NONE

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "class"
SHARE = 0.045
MEAN = 9.4


def populate(draft: Draft, count: int) -> None:
    """Add `count` pupils in classes of 25 to 60; 8 assignment questions, verbatim, that ask for the working; half of
    each pupil's exchanges are the assignment; most come from the campus address, which they share."""
    rng = draft.rng
    left = count
    while left:
        size = left if left < 60 else int(rng.integers(25, 60))
        left -= size
        campus = draft.internet.fresh(rng, 1, OFFICE)
        homes = draft.internet.homes(rng, size)
        present = rng.random(size) < 0.6
        homes.ip[present], homes.asn[present] = campus.ip[0], campus.asn[0]
        begin = float(rng.uniform(0, max(0.5, draft.days - 5)))
        made = draft.burst(size, begin, 6.0)
        domain = f"{draft.dice.pick(('uni', 'college', 'tech'))}{draft.dice.below(9999)}.edu"
        rows = draft.accounts(
            size,
            KIND,
            homes=homes,
            created_at=made,
            email_domain=domain,
            payment_fingerprint=None,
            payment_bin=None,
            plan="education",
            verification="edu",
            signup_ip=campus.ip[0],
            country="US",
        )
        volumes = draft.volumes(size, 8, 0.6, 60)
        account, at, addresses, session, turns = draft.people_talk(
            rows, volumes, since=draft.start + int(begin * 86_400e6), days=min(5.0, draft.days - begin)
        )
        assigned = rng.random(len(account)) < 0.5
        draft.exchanges(
            account,
            at,
            np.where(assigned, rng.choice(draft.tasks(8), len(account)), draft.tasks(len(account), "en")),
            wording=np.where(assigned, draft.templates("lesson", 1), NONE),
            addresses=addresses,
            session=session,
            turns=turns,
            refused=0.01,
        )
