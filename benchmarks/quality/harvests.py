"""Records as the table of docs/benchmark.md on harvested exchanges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.evaluation.confidence_intervals import compute_percentile_interval, resample_worlds
from hydrometer.lab.evaluation.evaluation_measures import divide_or_nan
from hydrometer.lab.simulate.named_scenarios import ALL
from quality.cells import grid, present, ranged, summaries
from quality.plan import EVERY, VARIED
from quality.trial import HYDROMETER
from quality.varied import varied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import OperatorExchanges
    from hydrometer.lab.simulate import OperatorSpec
    from quality.trial import Record


def exchanges(records: Sequence[Record]) -> str:
    """How precisely and how completely Hydrometer names the harvested exchanges: by scenario, and by kind of pool."""
    cells = summaries(records)
    rows = []
    for scenario in present(cells, EVERY):
        found = cells[HYDROMETER, scenario].measures
        if not found["exchange_recall"].denominator:
            continue
        rows.append(
            (
                f"`{scenario}`",
                ranged(found["exchange_precision"], 3),
                ranged(found["exchange_recall"], 3),
                ranged(found["template_f1"], 2),
            )
        )
    ours = [record for record in records if record.detector == HYDROMETER and record.score.exchanges is not None]
    rows += [
        _pooled_row("**unmixed pools**", [pick_pools(record, mixed=False) for record in ours]),
        _pooled_row("those of operators that were found", [pick_found_pools(record) for record in ours]),
        _pooled_row("mixed pools", [pick_pools(record, mixed=True) for record in ours]),
    ]
    head = ("scenario", "precision", "recall", "beneficiaries told apart (B-cubed F1)")
    return grid(head, [row for row in rows if any(row[1:])])


def pick_pools(record: Record, *, mixed: bool) -> list[OperatorExchanges]:
    """Return the exchanges of the operators in a record's world that carry innocent traffic of others too, or of those
    that carry none."""
    innocent = {spec.name: spec.innocent for spec in _operators(record)}
    counts = record.score.exchanges
    pools = counts.operators if counts is not None else {}
    return [pool for name, pool in pools.items() if name in innocent and (innocent[name] > 0) == mixed]


def pick_found_pools(record: Record) -> list[OperatorExchanges]:
    """Return the unmixed pools in a record's world of which a campaign has exchanges."""
    return [pool for pool in pick_pools(record, mixed=False) if pool.claimed]


def _operators(record: Record) -> tuple[OperatorSpec, ...]:
    if record.scenario == VARIED:
        return varied(record.seed, 1).operators
    recipe = ALL.get(record.scenario)
    return recipe.operators if recipe is not None else ()


def _pooled_row(title: str, worlds: Sequence[Sequence[OperatorExchanges]]) -> tuple[str, str, str, str]:
    """Return precision and recall of the pools over all worlds, with intervals by resampling worlds."""
    there = [pools for pools in worlds if pools]
    sums = np.array(
        [
            [sum(getattr(pool, name) for pool in pools) for name in ("hits", "claimed", "recalled", "harvest")]
            for pools in there
        ],
        dtype=np.float64,
    ).reshape(-1, 4)
    ratios = []
    for top, bottom in ((0, 1), (2, 3)):
        whole = sums[:, bottom].sum()
        if not whole:
            ratios.append("")
            continue
        drawn = resample_worlds(sums) if len(there) > 1 else None
        interval = (
            compute_percentile_interval(divide_or_nan(drawn[:, top], drawn[:, bottom])) if drawn is not None else None
        )
        bounds = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval is not None else ""
        ratios.append(f"{sums[:, top].sum() / whole:.3f}{bounds}")
    return title, ratios[0], ratios[1], ""
