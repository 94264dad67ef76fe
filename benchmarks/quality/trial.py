"""One world, made, given to every detector that its trial names, scored, and thrown away."""

from __future__ import annotations

import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hydrometer import api
from hydrometer.contract import WorldScore
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.lab.evaluation import score
from quality.baselines import runner
from quality.plan import ABLATED, BARE, Trial
from quality.worlds import ONE_THREAD, make, site_key

if TYPE_CHECKING:
    from collections.abc import Iterator

HYDROMETER = "hydrometer"
BY_DAY = "hydrometer, day by day"
FIRST_DAY = 2
"""The first day at whose end the day-by-day detector runs."""
HIDDEN = ("client_ip", "client_asn")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What one detector made of one world."""

    scenario: str
    seed: int
    detector: str
    seconds: float
    score: WorldScore


def without(family: str) -> str:
    """Return the name of the detector that does without a family of evidence."""
    return f"hydrometer without {family}"


def run(trial: Trial, history: Path) -> list[Record]:
    """Make the world of a trial and return what each detector makes of it; `history` is a training world of the innocent."""
    with tempfile.TemporaryDirectory(prefix="hydrometer-quality-") as place:
        folder = Path(place)
        world = make(trial.scenario, trial.seed, trial.honest, folder / "world")
        site_key(trial.scenario, trial.seed, folder)
        return [
            Record(
                scenario=trial.scenario,
                seed=trial.seed,
                detector=detector,
                seconds=round(seconds, 3),
                score=_portable(score(result, world)),
            )
            for detector, seconds, result in _results(trial, world, history, folder)
        ]


def _portable(found: WorldScore) -> WorldScore:
    return msgspec.structs.replace(found, result="", world="")


def _results(trial: Trial, world: Path, history: Path, folder: Path) -> Iterator[tuple[str, float, Path]]:
    traffic = folder / "fingerprints"
    _fingerprint(world, traffic, folder)
    yield _timed(HYDROMETER, traffic, folder)
    if trial.ablated:
        for family in ABLATED:
            yield _timed(without(family), traffic, folder, leave=family)
    if trial.bare:
        yield _timed(BARE, _bare(traffic, folder / "bare"), folder)
    if trial.daily:
        yield BY_DAY, 0.0, _day_by_day(traffic, folder)
    if trial.baselines:
        for name in runner.BASELINES:
            begun, out = time.perf_counter(), folder / "results" / name
            runner.run(name, world, history, out)
            yield name, time.perf_counter() - begun, out


def _timed(detector: str, traffic: Path, folder: Path, leave: str | None = None) -> tuple[str, float, Path]:
    begun, out = time.perf_counter(), folder / "results" / detector
    _detect(traffic, out, folder, leave)
    return detector, time.perf_counter() - begun, out


def _settings(leave: str | None = None) -> Settings:
    return (
        ONE_THREAD
        if leave is None
        else msgspec.convert({"threads": 1, "exhibits": False, "campaigns": {"without": [leave]}}, Settings)
    )


def _fingerprint(world: Path, out: Path, folder: Path) -> None:
    api.fingerprint(
        world, out, _settings(), site_key=folder / "site.key", mapping=None, source=None, progress=SilentProgress()
    )


def _detect(traffic: Path, out: Path, folder: Path, leave: str | None = None) -> None:
    api.detect(
        traffic,
        out,
        _settings(leave),
        site_key=folder / "site.key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )


def _bare(traffic: Path, out: Path) -> Path:
    """Leave what a bare log holds: no table of accounts, no addresses."""
    out.mkdir()
    exchanges = pq.read_table(traffic / "exchanges.parquet")
    pq.write_table(exchanges.drop_columns(list(HIDDEN)), out / "exchanges.parquet")
    shutil.copy(traffic / "models.json", out)
    return out


def _day_by_day(traffic: Path, folder: Path) -> Path:
    """Return a folder of results, one at the end of each day, each of all the traffic until then."""
    results = folder / "results" / "days"
    exchanges = pq.read_table(traffic / "exchanges.parquet")
    first: datetime = pc.min(exchanges["started_at"]).as_py()
    last: datetime = pc.max(exchanges["started_at"]).as_py()
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    for day in range(FIRST_DAY, (last - midnight).days + 2):
        until = folder / "until"
        shutil.rmtree(until, ignore_errors=True)
        until.mkdir()
        seen = exchanges.filter(pc.less(exchanges["started_at"], midnight + timedelta(days=day)))
        pq.write_table(seen, until / "exchanges.parquet")
        for name in ("accounts.parquet", "models.json"):
            shutil.copy(traffic / name, until)
        _detect(until, results / f"day-{day:02d}", folder)
    return results
