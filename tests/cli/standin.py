"""A small flow in the place of `hydrometer.api`: what it does is chosen by the name of the traffic it is given.

quiet: no campaigns · odd: campaigns with hostile texts · bad: unusable input · slow: works until it is interrupted ·
early: a defect before anything is written · late: a defect after something was written · else one campaign.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import hydrometer
from hydrometer.contract.attribution_records import build_empty_attribution
from hydrometer.contract.errors import InputError
from hydrometer.contract.result_records import Campaign, CampaignExhibit, CampaignFile, RunRecord, SkippedSignal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings

PATIENCE = 60
"""Seconds after which slow work gives up, so that a broken test ends."""
CALLS: list[dict[str, object]] = []
"""What the flow was called with, newest last."""


@dataclass(frozen=True)
class Step:
    """A named SQL step."""

    name: str
    sql: str
    meaning: str


@dataclass(frozen=True)
class FingerprintSummary:
    """What `fingerprint` wrote."""

    rows: dict[str, int]
    rejected: dict[str, int]


class Explanation:
    """Why."""

    def __init__(self, subject: str) -> None:
        self._subject = subject

    def lines(self) -> list[str]:
        """Return plain words."""
        return [f"About {self._subject}:", "it shares a rare card.\x1b[2J"]

    def to_dict(self) -> dict[str, object]:
        """Return the same for machines."""
        return {"subject": self._subject, "at": datetime(2026, 2, 1, tzinfo=UTC), "share": float("nan")}


def detect(
    traffic: Path,
    out: Path,
    settings: Settings,
    *,
    site_key: Path | None,
    mapping: Path | None,
    source: str | None,
    progress: Progress,
    session: object | None = None,
    constraints: str | None = None,
    intel: Sequence[Path] = (),
    sharing_key: Path | None = None,
) -> CampaignFile:
    """Play a run."""
    CALLS.append(
        {
            "constraints": constraints,
            "traffic": traffic,
            "settings": settings,
            "source": source,
            "mapping": mapping,
            "site_key": site_key,
        }
    )
    if traffic.name == "bad":
        raise InputError("not a time", file=str(traffic), row=7, column="started_at", mend="Write ISO 8601.")
    if traffic.name == "early":
        raise ZeroDivisionError("a defect before the first file")
    out.mkdir(parents=True, exist_ok=True)
    if traffic.name == "slow":
        _work_until_interrupted(out, progress)
    progress.stage("read", total=1_000)
    progress.advance(1_000)
    progress.stage("signals")
    progress.note("no column ja4")
    (out / "run.json").write_text("{}")
    if traffic.name == "late":
        raise ZeroDivisionError("a defect after the first file")
    (out / "report.html").write_text("<!doctype html>")
    if traffic.name == "quiet":
        return CampaignFile(campaigns=[], run=_run())
    if traffic.name == "odd":
        return CampaignFile(campaigns=[_campaign("H-[red]\x1b[31m\u202e")], run=_run())
    return CampaignFile(campaigns=[_campaign("H-0002", probability=0.5), _campaign("H-0001")], run=_run())


def _work_until_interrupted(out: Path, progress: Progress) -> None:
    until = time.monotonic() + PATIENCE
    try:
        progress.stage("read", total=1_000)
        while time.monotonic() < until:
            progress.advance(1)
            time.sleep(0.01)
    except KeyboardInterrupt:
        (out / "run.json").write_text('{"status": "interrupted"}')
        raise


def fingerprint(
    traffic: Path,
    out: Path,
    settings: Settings,
    *,
    site_key: Path | None,
    mapping: Path | None,
    source: str | None,
    progress: Progress,
    session: object | None = None,
) -> FingerprintSummary:
    """Play a run."""
    detect(traffic, out, settings, site_key=site_key, mapping=mapping, source=source, progress=progress)
    return FingerprintSummary(rows={"exchanges": 1_000, "accounts": 40}, rejected={"no account_id": 3})


def list_steps(settings: Settings) -> list[Step]:
    """Return two steps, one of which a setting changes."""
    return [
        Step("accounts_seen", "SELECT DISTINCT account_id FROM traffic;", "every account"),
        Step("seeded", f"SELECT {settings.seed}", "the seed"),
    ]


def explain(result: Path, *, campaign: str | None, account: str | None) -> Explanation:
    """Explain what was named."""
    if not result.exists():
        raise InputError("no such result", file=str(result), mend="Name a folder that `detect` wrote.")
    return Explanation(f"campaign {campaign}" if campaign else f"account {account}")


def sample() -> Path:
    """Return a place that is read like any other."""
    return Path("sample")


def install(put: Callable[[object, str, object], None]) -> None:
    """Put this module where `from hydrometer import api` finds it; `put` sets an attribute, as `setattr` does."""
    here = sys.modules[__name__]
    assert isinstance(here, ModuleType)
    put(hydrometer, "api", here)


def _campaign(name: str, probability: float = 0.96) -> Campaign:
    return Campaign(
        id=name,
        probability=probability,
        coordination=41.0,
        harvest=17.5,
        first_seen=datetime(2026, 2, 1, 3, tzinfo=UTC),
        last_seen=datetime(2026, 2, 19, 22, tzinfo=UTC),
        accounts=1_240,
        exchanges=90_500,
        harvested=88_123,
        capabilities={"code": 0.61, "maths": 0.3, "chat": 0.05, "vision": 0.04},
        elicitation={"reasoning_trace": 0.9},
        models={"m-1": 90_500},
        evidence=[],
        counter_evidence=[],
        story=[],
        attribution=build_empty_attribution(),
        exhibit=CampaignExhibit(
            days=[], exchanges_by_day=[], harvested_by_day=[], hour_by_day=[], entities=[], templates=[], releases=[]
        ),
    )


def _run() -> RunRecord:
    return RunRecord(
        version="0.1.0",
        versions={},
        started_at=datetime(2026, 3, 1, tzinfo=UTC),
        status="done",
        seed=7,
        settings={},
        inputs=[],
        rows={"exchanges": 100_000, "accounts": 2_000},
        rejected={"started_at is not a time": 12},
        repaired={},
        notes={},
        absent_columns=["ja4"],
        signals_off=[SkippedSignal(signal="relay", why="no column user_agent", costs="relays cannot be seen")],
        caps=["sketches cut at 256 hashes: 4 exchanges"],
        stages=[],
        calibration={},
    )
