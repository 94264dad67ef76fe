"""Labelled worlds, and how well results did on them."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from hydrometer.api.arguments import resolve_path, resolve_settings
from hydrometer.api.detection_result import Result
from hydrometer.contract import InputError, SilentProgress
from hydrometer.lab.evaluation import evaluate as evaluate_pairs
from hydrometer.lab.simulate import WorldRequest, WorldSize
from hydrometer.lab.simulate import scenarios as list_scenarios
from hydrometer.lab.simulate import simulate as simulate_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.api.arguments import SettingsArgument
    from hydrometer.contract import EvaluationSummary, Progress
    from hydrometer.lab.simulate import WorldCounts

    ResultArgument = Result | str | Path


def simulate(
    scenario: str | Path,
    out: str | Path,
    *,
    seed: int = 1,
    accounts: int | None = None,
    exchanges: int | None = None,
    days: int | None = None,
    operator_accounts: int | None = None,
    harvested: int | None = None,
    sketches_only: bool = False,
    site_key: str | Path | None = None,
    settings: SettingsArgument = None,
    progress: Progress | None = None,
) -> WorldCounts:
    """Write a labelled world to the folder `out`, and beside it `out`.truth, which says who was who.

    >>> import hydrometer as hy, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = hy.simulate("ladder3", folder + "/world", seed=3, accounts=300, exchanges=3_000, sketches_only=True)
    >>> 2_850 <= made.exchanges.total() <= 3_150
    True

    Args:
        scenario: one of `scenarios()`, or a TOML or JSON file with a recipe.
        seed: the same seed gives the same world.
        accounts, exchanges, days, operator_accounts, harvested: the size of the whole world; the scenario's without them.
        sketches_only: write fingerprints in place of texts, for scale.

    Raises:
        InputError: an impossible scenario, an unusable key, or something in the folders already.
    """
    request = WorldRequest(
        scenario=str(scenario),
        seed=seed,
        out=Path(out),
        size=WorldSize(accounts, exchanges, days, operator_accounts, harvested),
        sketches_only=sketches_only,
        site_key=resolve_path(site_key),
    )
    return simulate_world(request, resolve_settings(settings), progress or SilentProgress())


def evaluate(
    results: ResultArgument | Sequence[ResultArgument],
    worlds: str | Path | Sequence[str | Path],
    *,
    at: float = 0.5,
    drawing: str | Path | None = None,
) -> EvaluationSummary:
    """Score a result against the truth beside its world, or several, each with its own; several are pooled.

    >>> import hydrometer as hy
    >>> scored = hy.evaluate(hy.detect(hy.sample()), hy.sample())
    >>> scored.measures["account_recall"].value > 0.9
    True

    Args:
        at: the probability from which an account is flagged.
        drawing: an SVG file to write, of reliability and of honest accounts flagged.

    Raises:
        InputError: not as many results as worlds, a world is given twice, a result or the truth cannot be used, or the
            drawing cannot be written.
    """
    given = [results] if isinstance(results, Result | str | Path) else list(results)
    places = [worlds] if isinstance(worlds, str | Path) else list(worlds)
    if len(given) != len(places):
        raise InputError(f"{len(given)} results and {len(places)} worlds", mend="Name one world for each result.")
    with ExitStack() as closing:
        paths = [closing.enter_context(each.locate()) if isinstance(each, Result) else Path(each) for each in given]
        pairs = list(zip(paths, map(Path, places), strict=True))
        return evaluate_pairs(pairs, at=at, drawing=resolve_path(drawing))


def scenarios() -> dict[str, str]:
    """Return the scenarios of worlds that are known, a line each."""
    return list_scenarios()


def sample() -> Path:
    """Return the folder of the bundled labelled world, which is traffic with 29,467 exchanges and two operators."""
    return Path(str(files("hydrometer.lab.simulate") / "sample" / "world"))
