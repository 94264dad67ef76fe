"""The stages in their order: traffic in, a result folder out."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hydrometer.campaigns.bounds import agreement, bounds_of
from hydrometer.campaigns.calibration import load_calibration
from hydrometer.campaigns.detect import Findings, find_campaigns
from hydrometer.campaigns.indicators import blocks
from hydrometer.contract.errors import InputError
from hydrometer.contract.results import (
    BLOCKS,
    CONSIDERED,
    HARVESTED,
    INDICATORS,
    MEMBERS,
    TEMPLATES,
    CampaignFile,
    Run,
)
from hydrometer.flow.account import Account
from hydrometer.flow.attributing import attributed, dossiers_beside
from hydrometer.flow.constraints import load_constraints
from hydrometer.flow.exhibits import with_wordings
from hydrometer.flow.opening import explained, measure, opened, written
from hydrometer.flow.reading import REJECTED, Asked, FingerprintSummary
from hydrometer.flow.sharing import comparable, sharing_secret
from hydrometer.flow.taken import harvested_of, templates_of
from hydrometer.report.explain import Explanation, explain_account, explain_campaign
from hydrometer.report.html import render
from hydrometer.signals.measure import measuring_steps
from hydrometer.signals.signal import Signals, find_signals
from hydrometer.store.result import WORK, ResultFolder, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from hydrometer.contract.cases import Constraints
    from hydrometer.contract.engine import Engine
    from hydrometer.contract.intel import Dossiers
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings
    from hydrometer.contract.step import Step
    from hydrometer.fingerprint import SiteKey
    from hydrometer.flow.reading import Reading


@dataclass
class _Work:
    """What a run has come to, so that an interruption can be written down."""

    findings: Findings | None = None
    dossiers: Dossiers | None = None
    intel: list[str] = field(default_factory=list)
    """Where the dossiers were named, beside those in the traffic."""
    sharing: SiteKey | None = None
    """The key that partners share, by which their digests and sketches are compared too."""
    harvested: pa.Table | None = None
    indicators: pa.Table = field(default_factory=INDICATORS.schema.empty_table)
    templates: pa.Table = field(default_factory=TEMPLATES.schema.empty_table)
    blocks: pa.Table = field(default_factory=BLOCKS.schema.empty_table)


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
    """Find the campaigns in `traffic` and write the result folder `out`.

    With dossiers of known actors, in `intel` or in a folder `intel` of the traffic, say too who may be behind them; with
    the key that partners share, their digests and sketches are compared too.

    A Spark `session` that exists already is used and left as it was; the engine then is `spark`, and `traffic` may be
    whatever docs/spark.md names. `constraints` is a file of constraints or a casebook: what people found of accounts.

    Raises:
        InputError: unusable traffic, settings, dossiers, constraints, key or result folder; a key without dossiers.
        KeyboardInterrupt: after what was done has been written, with status `interrupted` in run.json.
    """
    if session is not None:
        settings = replace(settings, engine="spark")
    told = load_constraints(constraints) if constraints is not None else None
    sharing = sharing_secret(sharing_key) if sharing_key is not None else None
    prepare(out)
    earlier = _earlier(out)
    account = Account(settings, progress)
    work = _Work(dossiers=dossiers_beside(traffic, intel), intel=[str(path) for path in intel], sharing=sharing)
    if sharing is not None and work.dossiers is None:
        raise InputError("no dossiers are named that the sharing key is for", mend="Name them with --intel.")
    status = "failed"
    try:
        with tempfile.TemporaryDirectory(prefix=WORK, dir=out) as folder:
            asked = Asked(traffic, site_key, mapping, source, session)
            with opened(asked, Path(folder), out / REJECTED, account) as (engine, reading):
                _detect(engine, reading, account, earlier, work, told)
        status = "done"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    except InputError:
        status = ""
        raise
    finally:
        # An earlier result is not given up for one that found nothing because it was cut off.
        if status and status != "done" and (work.findings is not None or not earlier):
            _write(out, account.closed(status), work)
    return _write(out, account.closed(status), work)


def _detect(
    engine: Engine,
    reading: Reading,
    account: Account,
    earlier: dict[str, set[str]],
    work: _Work,
    told: Constraints | None,
) -> None:
    settings, progress = account.settings, account.stage_progress()
    measured = measure(engine, reading, account)
    account.measured(measured.population, measured.rows)
    account.inputs = [*account.inputs, *work.intel]
    on = account.signals(find_signals(), reading.columns)
    bounds = bounds_of(measured.population, told, earlier) if told is not None else None
    with account.stage("link and test"):
        work.findings = find_campaigns(
            measured.population,
            Signals(on),
            settings=settings.campaigns,
            calibration=load_calibration(),
            attainable=account.attainable,
            earlier=earlier,
            progress=progress,
            bounds=bounds,
        )
        work.harvested = harvested_of(measured, work.findings)
        work.indicators, work.blocks = work.findings.indicators, blocks(measured.population)
        work.templates = templates_of(measured, work.findings)
        account.caps += work.findings.caps
        if told is not None and bounds is not None:
            members = set(work.findings.members["account_id"].to_pylist())
            account.notes |= bounds.counts | agreement(told, members)
    if settings.exhibits and not reading.traffic.fingerprinted and work.findings.campaigns:
        with account.stage("show wordings"):
            work.findings = with_wordings(work.findings, work.harvested, reading, progress)
    if work.dossiers is not None and work.findings.campaigns:
        with account.stage("attribute"):
            work.findings = _attributed(work.findings, work.dossiers, work, account)


def _attributed(findings: Findings, dossiers: Dossiers, work: _Work, account: Account) -> Findings:
    indicators, templates = work.indicators, work.templates
    if work.sharing is not None:
        indicators, templates = comparable(
            findings.campaigns, indicators, templates, account.settings.fingerprint, work.sharing
        )
    campaigns = attributed(
        findings.campaigns,
        dossiers,
        account.settings.attribution,
        accounts=account.rows["accounts"],
        span=account.span,
        tables=(indicators, templates, work.blocks),
    )
    return dataclasses.replace(findings, campaigns=campaigns)


def _earlier(out: Path) -> dict[str, set[str]]:
    """Members by campaign of the result that `out` holds, if any."""
    if not (out / "run.json").exists():
        return {}
    earlier: dict[str, set[str]] = {}
    members = ResultFolder.read(out).members
    for name, account in zip(members["campaign_id"].to_pylist(), members["account_id"].to_pylist(), strict=True):
        earlier.setdefault(name, set()).add(account)
    return earlier


def _write(out: Path, run: Run, work: _Work) -> CampaignFile:
    findings = work.findings
    result = ResultFolder(
        campaigns=findings.campaigns if findings else [],
        run=run,
        candidates=findings.candidates if findings else [],
        members=findings.members if findings else MEMBERS.schema.empty_table(),
        harvested=work.harvested if work.harvested is not None else HARVESTED.schema.empty_table(),
        considered=findings.considered if findings else CONSIDERED.schema.empty_table(),
        indicators=work.indicators,
        templates=work.templates,
        blocks=work.blocks,
    )
    result.write(out, render(result))
    return CampaignFile(campaigns=result.campaigns, run=run)


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
    """Write `traffic` without its texts, with their fingerprints, as a folder that `detect` reads.

    With a Spark `session` the engine is `spark`, and `out` may be whatever docs/spark.md names.

    Raises:
        InputError: unusable traffic, settings or folder.
    """
    if session is not None:
        settings = replace(settings, engine="spark")
    return written(Asked(traffic, site_key, mapping, source, session), out, settings, progress)


def steps(settings: Settings) -> list[Step]:
    """The SQL that a run with these settings would make, in the dialect of its engine."""
    return explained(measuring_steps(settings), settings)


def explain(result: Path, *, campaign: str | None, account: str | None) -> Explanation:
    """Why a campaign is one, or why an account is in it or not.

    Raises:
        InputError: no result there, or no such campaign or account.
    """
    pieces = ResultFolder.read(result)
    if campaign is not None:
        return explain_campaign(pieces, campaign)
    return explain_account(pieces, account or "")


def sample() -> Path:
    """The folder of the bundled labelled sample."""
    return Path(str(files("hydrometer.simulate") / "sample" / "world"))
