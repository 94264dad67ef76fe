"""Whom the guard would suspect where a campaign's two short wordings were ordinary customers' own phrases.

    python benchmarks/guard_phrases.py --trials 4000 --seed 1

Honest customers of the worlds of `hydra_guard.py` hardly meet an operator's words. So each trial takes an honest account
for a campaign's: two of its requests, of which a wording of one hash and one of two are made, each no commoner among the
others than the guard admits. What is counted is the other accounts that say both: at all, and as often as the guard asks.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hydra_guard import HOME, truth_of, world
from hydrometer.contract.decisions import RecognitionThresholds, SnapshotCampaign, SnapshotTemplate
from hydrometer.enforcement.snapshots.successor_recognition import SuccessorRecogniser

if TYPE_CHECKING:
    from collections.abc import Sequence

Ints = npt.NDArray[np.int64]

LEAST = 8
"""Requests of an account that is taken for a campaign's."""
MEMBERS = 200
"""Accounts that the campaign is said to have."""


class Traffic:
    """Requests of honest accounts in the order of time, and which of them carry a hash."""

    def __init__(self, exchanges: pa.Table) -> None:
        owner = exchanges["account_id"].combine_chunks().dictionary_encode().indices
        self.owner = owner.to_numpy().astype(np.int64)
        self.counts = np.bincount(self.owner)
        sketches = exchanges["sketch"].combine_chunks()
        self.sketches = sketches
        rows = np.repeat(np.arange(len(sketches)), sketches.value_lengths().fill_null(0).to_numpy())
        values = sketches.flatten().to_numpy()
        order = np.argsort(values, kind="stable")
        self._values, self._rows = values[order], rows[order]

    def carrying(self, hashes: Sequence[int], but: int) -> Ints:
        """Return the requests that carry all of these hashes, but not those of one account."""
        found: Ints | None = None
        for value in hashes:
            begin, end = (int(np.searchsorted(self._values, value, side=side)) for side in ("left", "right"))
            rows = self._rows[begin:end]
            found = rows if found is None else np.intersect1d(found, rows, assume_unique=True)
        rows = np.zeros(0, np.int64) if found is None else found
        others: Ints = rows[self.owner[rows] != but]
        return others


def wording(traffic: Traffic, request: int, size: int, other: Sequence[int], dice: np.random.Generator) -> list[int]:
    """Return some hashes of a request that are as rare among other accounts as the guard asks; fewer where there are none."""
    held = np.array(traffic.sketches[request].values, np.int64)
    most = RecognitionThresholds().several_background * traffic.owner.size
    found: list[int] = []
    for value in dice.permutation(held).tolist():
        if len(found) == size:
            break
        if value not in other and traffic.carrying([value], int(traffic.owner[request])).size <= most:
            found.append(value)
    return found


def suspected(traffic: Traffic, account: int, said: Sequence[Ints], recogniser: SuccessorRecogniser) -> int:
    """Return how many of an account's requests come once it is suspected."""
    mine = np.flatnonzero(traffic.owner == account)
    carried = np.array([np.isin(mine, rows) for rows in said])
    spoken: dict[int, list[int]] = {}
    first = int(np.argmax(carried.any(axis=0)))
    for at in range(first, mine.size):
        for template in np.flatnonzero(carried[:, at]).tolist():
            spoken.setdefault(template, [0, template + 1])[0] += 1
        if (
            carried[:, at].any()
            and recogniser.judge(recogniser.evaluate_several_templates(spoken, at - first + 1)) is not None
        ):
            return int(mine.size - at)
    return 0


def measure(traffic: Traffic, trials: int, seed: int) -> dict[str, float]:
    """Return what the trials came to: shares of strangers' requests, in a million."""
    dice = np.random.default_rng(seed)
    campaign = SnapshotCampaign(id="c", probability=0.95, accounts=MEMBERS, harvested=0, active=True)
    enough = np.flatnonzero(traffic.counts >= LEAST)
    tried = both = touched = touching = 0
    for _ in range(trials):
        account = int(dice.choice(enough))
        first, second = dice.choice(np.flatnonzero(traffic.owner == account), 2, replace=False).tolist()
        one = wording(traffic, first, 1, [], dice)
        two = wording(traffic, second, 2, one, dice)
        if len(one) < 1 or len(two) < 2:
            continue
        said = [traffic.carrying(hashes, account) for hashes in (one, two)]
        known = [
            SnapshotTemplate(
                id=str(n), campaign=0, hashes=tuple(sorted(hashes)), background=rows.size / traffic.owner.size
            )
            for n, (hashes, rows) in enumerate(zip((one, two), said, strict=True))
        ]
        recogniser = SuccessorRecogniser([campaign], [], known, traffic.counts.size, RecognitionThresholds())
        meet = np.intersect1d(traffic.owner[said[0]], traffic.owner[said[1]])
        requests = sum(suspected(traffic, int(other), said, recogniser) for other in meet)
        tried += 1
        both += int(traffic.counts[meet].sum())
        touched += requests
        touching += requests > 0
    of_all = max(1, tried) * traffic.owner.size / 1e6
    return {
        "trials": tried,
        "of accounts that say both, in a million": round(both / of_all, 1),
        "suspected, in a million": round(touched / of_all, 1),
        "trials with a suspect, %": round(100 * touching / max(1, tried), 2),
    }


def main() -> None:
    """Make a world, try, and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--trials", type=int, default=1_000)
    options.add_argument("--honest", type=int, default=6_000, help="honest accounts of the world")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="hydrometer-phrases-") as place:
        made = world(HOME, asked.seed, asked.honest, Path(place))
        operated = pa.array(sorted(truth_of(made).operated))
        exchanges = pq.read_table(sorted(made.glob("exchanges*.parquet")))
    honest = exchanges.filter(pc.invert(pc.is_in(exchanges["account_id"], operated))).sort_by("started_at")
    print(json.dumps(measure(Traffic(honest), asked.trials, asked.seed)))


if __name__ == "__main__":
    main()
