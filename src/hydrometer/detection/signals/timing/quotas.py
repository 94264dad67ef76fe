"""Accounts that all carry the same load of different work.

Spread of the members' volumes. Honest volumes are heavy-tailed; a queue that hands work out at random gives Poisson shares
(index of dispersion 1) and one with quotas less. Null: random sets of as many other accounts, those far quieter left out;
the cube root of a variance is close to normal (Wilson & Hilferty 1931). Whoever has the same tasks has as many of them: a course and a
benchmark explain equal loads, so nothing is said where contents repeat among the members.

Honest who show it: accounts at the limit of one plan, a course or a benchmark with as many tasks for each.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize
from hydrometer.detection.population.org_panel import select_one_per_org
from hydrometer.detection.signals.request_gaps import list_short_gap_shares
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import count_distinct, normal_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Floats

DRAWS = 400
EVEN = 0.3
"""Most deviation of log-volumes, beside that of chance shares, that a quota leaves: people who do the same differ by 0.4 and more."""
LIMITED, AT_LIMIT = 0.99, 0.25
"""Share of the largest load from which an account is at it, and share of the members from which it is a plan's limit."""
JOB = 0.93
"""Share of short gaps from which members run a job each, in one go: who runs the same job has the same load."""
DIFFERENT = 0.5
"""Least share of different contents among the members' exchanges."""


def test(group: AccountGroup) -> SignalFinding | None:
    """Dispersion of exchanges per account against random sets of others."""
    volume = group.population.facts["exchanges"]
    first, others_first = select_one_per_org(group, volume)
    mine, others = np.sort(volume[first]), np.sort(volume[others_first])
    if mine.size == 0:
        return None
    others = others[others >= max(3.0, float(np.median(mine)) / 8)]
    if mine.size < 6 or float(np.median(mine)) < 6 or others.size < 60:
        return None
    if float(np.std(np.log(mine))) > math.hypot(EVEN, 1 / math.sqrt(float(np.mean(mine)))):
        return None
    short = memoize(group.population, list_short_gap_shares)[group.accounts]
    if not np.isfinite(short).any() or float(np.nanmedian(short)) > JOB:
        return None
    if float(np.mean(mine >= LIMITED * mine[-1])) > AT_LIMIT:
        return None
    prompts = group.population.events.prompt[group.events]
    if count_distinct(prompts) < DIFFERENT * prompts.size:
        return None
    spread = _measure_spread(mine[None, :])[0]
    rng = np.random.default_rng(mine.size)
    drawn = _measure_spread(rng.choice(others, size=(DRAWS, min(mine.size, 400))))
    # What others spread is itself known from a sample only.
    error = float(np.std(drawn)) * math.sqrt(1 + mine.size / others.size)
    z = (float(np.mean(drawn)) - spread) / max(error, 1e-6)
    ratio = float(np.var(mine, ddof=1) / np.mean(mine))
    return SignalFinding(
        ratio,
        normal_tail(z),
        f"Members' volumes are alike: dispersion {ratio:.1f} around {np.mean(mine):.0f} exchanges (1 is chance sharing of one queue).",
    )


def mask_accounts_within_quota(group: AccountGroup) -> Bools:
    """Return the accounts that carry the load of the members, within what a quota leaves."""
    volume = np.maximum(group.population.facts["exchanges"], 1.0)
    middle = float(np.median(volume[group.accounts]))
    mask: Bools = np.abs(np.log(volume / middle)) <= 2 * math.hypot(EVEN, 1 / math.sqrt(middle))
    return mask


def describe_member(group: AccountGroup, account: int) -> str:
    """Return the load of an account beside the members' middle one."""
    volume = group.population.facts["exchanges"]
    return f"carries {volume[account]:,.0f} requests, as the others do ({np.median(volume[group.accounts]):,.0f}, median), of other contents"


def _measure_spread(volumes: Floats) -> Floats:
    """Cube root of the variance of log-volumes, per row: logs, or the honest tail would rule the variance."""
    spread: Floats = np.cbrt(np.var(np.log(volumes), axis=1, ddof=1))
    return spread


SIGNAL = Signal(
    name="quotas",
    family="timing",
    axis="coordination",
    null="members' volumes differ as much as those of other accounts of like volume",
    needs=(),
    costs="quotas and queues that spread work evenly",
    # A group that was grown by likeness of volume, among other things, is somewhat alike in volume by choice.
    cap=7.0,
    kind="operation",
    cause="one quota",
    test=test,
    shown=mask_accounts_within_quota,
    describe_member=describe_member,
)
