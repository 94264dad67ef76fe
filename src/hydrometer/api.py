"""The verbs of Hydrometer: what the command line, a notebook and a service call."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from hydrometer.contract import CampaignFile
from hydrometer.detection import DetectionRequest, detect_campaigns, list_steps, write_fingerprints
from hydrometer.detection.ingestion import FingerprintSummary, ReadRequest
from hydrometer.enforcement.casebook import load_constraints
from hydrometer.intelligence.attribution import make_attributor
from hydrometer.lab.evaluation import evaluate
from hydrometer.lab.simulate import WorldSize, scenarios, simulate
from hydrometer.report import Explanation, explain_account, explain_campaign
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import Progress, Settings

__all__ = [
    "FingerprintSummary",
    "WorldSize",
    "detect",
    "evaluate",
    "explain",
    "fingerprint",
    "list_steps",
    "sample",
    "scenarios",
    "simulate",
]


def detect(
    traffic: Path | str,
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
    """Find the campaigns in `traffic` and write the result folder `out`."""
    request = DetectionRequest(
        traffic=traffic,
        out=out,
        settings=settings,
        site_key=site_key,
        mapping=mapping,
        source=source,
        session=session,
        constraints=load_constraints(constraints) if constraints is not None else None,
        attributor=make_attributor(traffic, intel, settings.attribution, sharing_key=sharing_key),
    )
    result = detect_campaigns(request, progress)
    return CampaignFile(campaigns=result.campaigns, run=result.run)


def fingerprint(
    traffic: Path | str,
    out: Path | str,
    settings: Settings,
    *,
    site_key: Path | None,
    mapping: Path | None,
    source: str | None,
    progress: Progress,
    session: object | None = None,
) -> FingerprintSummary:
    """Write `traffic` without its texts, with their fingerprints, as a folder that `detect` reads."""
    return write_fingerprints(ReadRequest(traffic, site_key, mapping, source, session), out, settings, progress)


def explain(result: Path, *, campaign: str | None, account: str | None) -> Explanation:
    """Why a campaign is one, or why an account is in it or not.

    Raises:
        InputError: no result there, or no such campaign or account.
    """
    folder = ResultFolder.read(result)
    if campaign is not None:
        return explain_campaign(folder, campaign)
    return explain_account(folder, account or "")


def sample() -> Path:
    """The folder of the bundled labelled sample."""
    return Path(str(files("hydrometer.lab.simulate") / "sample" / "world"))
