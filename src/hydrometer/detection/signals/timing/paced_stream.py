"""A pooled stream that keeps its distances: requests of different accounts do not fall together as chance would have it.

Independent accounts, whatever each one's habits, meet at short lags as often as at somewhat longer ones (pair correlation of a
superposition is 1; Cox & Isham 1980, Point Processes). One queue that hands out task after task, or some workers who are busy one
task at a time, keep requests apart at the scale of seconds to minutes. Statistic: pairs of requests of different accounts closer than half
of the stream's median gap, against those at 4 to 12 times it. Null: they are as many, by length; the spread comes from blocks of the
stream, so that sittings which overlap do not count as many. A launch or a lesson pulls requests together, which is the other side.

Honest who show it: a service that works its customers' accounts from one queue.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.gap_kernels import count_near_pairs
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import normal_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup

BLOCKS = 64
FEWEST, MOST = 128, 200_000
"""Requests of a stream: below, it is not measured; above, the middle part of it is."""
NEAR, APART, FAR = 0.5, 4.0, 12.0
"""Lags, in median gaps."""
WHOLE_EFFECT = 0.5
"""Share of the near pairs that is missing from which it counts in full."""
SHORTEST_GAP = 2_000_000
"""µs: logs that keep whole seconds say nothing of shorter median gaps."""
FEWEST_EXPECTED = 20.0
LEAST_DEMANDED = 0.25
"""Share of the exchanges that ask for training material from which the others are left out: a relay's customers keep no distance."""


def test(group: AccountGroup) -> SignalFinding | None:
    """The demands where there are enough, else all exchanges."""
    events, chosen, owners = group.population.events, group.events, group.owners
    demands = events.demand[chosen]
    if demands.sum() >= max(FEWEST, LEAST_DEMANDED * chosen.size):
        chosen, owners = chosen[demands], owners[demands]
    if chosen.size < FEWEST or group.size < 4:
        return None
    time = events.time[chosen]
    order = np.argsort(time, kind="stable")
    begin = max(0, (order.size - MOST) // 2)
    order = order[begin : begin + MOST]
    time, org = time[order].astype(np.int64), group.population.org[owners[order]]
    gap = float(np.median(np.diff(time)))
    if gap < SHORTEST_GAP:
        return None
    pairs = count_near_pairs(time, org, NEAR * gap, APART * gap, FAR * gap, BLOCKS)
    if pairs[0, 0] < 0:
        return None
    near, expected = pairs[:, 0].astype(np.float64), pairs[:, 1] * (NEAR / (FAR - APART))
    spread = math.sqrt(float(np.sum((near - expected) ** 2)))
    if expected.sum() < FEWEST_EXPECTED or spread <= 0:
        return None
    ratio = float(near.sum() / expected.sum())
    return SignalFinding(
        ratio,
        normal_tail(float(expected.sum() - near.sum()) / spread),
        f"Requests of different members fall within {NEAR * gap / 1e6:,.0f} seconds of each other {ratio:.2f} times as often as those of "
        "independent accounts would: one queue hands them out.",
        purity=min(1.0, max(0.0, (1.0 - ratio) / WHOLE_EFFECT)),
    )


SIGNAL = Signal(
    name="paced_stream",
    family="timing",
    axis="coordination",
    null="requests of different members meet at short lags as often as at longer ones",
    needs=(),
    costs="work queues and their workers",
    cap=9.0,
    kind="operation",
    cause="one work queue",
    test=test,
)
