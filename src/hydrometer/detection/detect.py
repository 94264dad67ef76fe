"""The stages in their order: traffic in, a result folder out."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from hydrometer.contract import (
    BLOCKS,
    CONSIDERED,
    HARVESTED,
    INDICATORS,
    MEMBERS,
    TEMPLATES,
    Campaign,
    InputError,
    RunRecord,
    Settings,
)
from hydrometer.detection.backend_selection import fingerprint_traffic, measure_traffic, open_backend, translate_steps
from hydrometer.detection.campaigns.campaign_findings import CampaignFindings, PriorKnowledge, find_campaigns
from hydrometer.detection.campaigns.campaign_indicators import count_block_accounts
from hydrometer.detection.campaigns.group_constraints import build_group_constraints, count_agreements
from hydrometer.detection.campaigns.group_scoring import ScoringRules
from hydrometer.detection.campaigns.score_calibration import load_calibration
from hydrometer.detection.harvest_tables import build_harvest_table, build_template_table
from hydrometer.detection.ingestion.fingerprinted_traffic import REJECTED, FingerprintSummary, ReadRequest
from hydrometer.detection.population.population_assembly import list_measuring_steps
from hydrometer.detection.redacted_templates import add_redacted_texts
from hydrometer.detection.run_recorder import RunRecorder
from hydrometer.detection.signals.signal import SignalSet, find_signals
from hydrometer.report import render_result_page
from hydrometer.result import WORK, ResultFolder, prepare_folder

if TYPE_CHECKING:
    import pyarrow as pa

    from hydrometer.contract import ConstraintFile, Engine, Progress, SqlStep
    from hydrometer.detection.ingestion.fingerprinted_traffic import TrafficReading
    from hydrometer.sources import TrafficTables


class CampaignAttributor(Protocol):
    """Says who may be behind campaigns; `intelligence/` has the one that weighs dossiers, detection knows none."""

    @property
    def inputs(self) -> list[str]:
        """What it was told to read, for run.json."""

    def attribute(self, result: ResultFolder) -> list[Campaign]:
        """Return the campaigns of a result with their attributions."""


@dataclass(frozen=True, kw_only=True)
class DetectionRequest:
    """What to look through, by which settings, and where the result goes.

    A Spark `session` that exists already is used and left as it was; the engine then is `spark`, and `traffic` may be
    whatever docs/spark.md names. `constraints` are what people found of accounts.
    """

    traffic: Path | str | TrafficTables
    out: Path
    settings: Settings = field(default_factory=Settings)
    site_key: Path | None = None
    """The default key of the user where none is named."""
    mapping: Path | None = None
    source: str | None = None
    session: object | None = None
    constraints: ConstraintFile | None = None
    attributor: CampaignAttributor | None = None


@dataclass
class _PartialResult:
    """What a run has come to, so that an interruption can be written down."""

    findings: CampaignFindings | None = None
    harvested: pa.Table = field(default_factory=HARVESTED.schema.empty_table)
    indicators: pa.Table = field(default_factory=INDICATORS.schema.empty_table)
    templates: pa.Table = field(default_factory=TEMPLATES.schema.empty_table)
    blocks: pa.Table = field(default_factory=BLOCKS.schema.empty_table)

    def assemble(self, run: RunRecord) -> ResultFolder:
        """Return it as a result of a run."""
        findings = self.findings
        return ResultFolder(
            campaigns=[each for each in findings.campaigns if each.verdict == "campaign"] if findings else [],
            watches=[each for each in findings.campaigns if each.verdict == "watch"] if findings else [],
            run=run,
            candidates=findings.candidates if findings else [],
            members=findings.members if findings else MEMBERS.schema.empty_table(),
            harvested=self.harvested,
            considered=findings.considered if findings else CONSIDERED.schema.empty_table(),
            indicators=self.indicators,
            templates=self.templates,
            blocks=self.blocks,
        )


def detect_campaigns(request: DetectionRequest, progress: Progress) -> ResultFolder:
    """Find the campaigns in traffic, write the result folder, and return what it holds.

    Raises:
        InputError: unusable traffic, settings, key or result folder.
        KeyboardInterrupt: after what was done has been written, with status `interrupted` in run.json.
    """
    out = request.out
    prepare_folder(out)
    earlier = _read_earlier_members(out)
    recorder = RunRecorder(select_engine(request.settings, request.session), progress)
    partial_result = _PartialResult()
    status = "failed"
    try:
        with tempfile.TemporaryDirectory(prefix=WORK, dir=out) as folder:
            read_request = ReadRequest(
                request.traffic, request.site_key, request.mapping, request.source, request.session
            )
            with open_backend(read_request, Path(folder), out / REJECTED, recorder) as (engine, reading):
                _run_stages(request, engine, reading, recorder, earlier, partial_result)
        status = "done"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    except InputError:
        status = ""
        raise
    finally:
        # An earlier result is not given up for one that found nothing because it was cut off.
        if status and status != "done" and (partial_result.findings is not None or not earlier):
            _write_result(out, partial_result.assemble(recorder.build_run(status)))
    return _write_result(out, partial_result.assemble(recorder.build_run(status)))


def _run_stages(
    request: DetectionRequest,
    engine: Engine,
    reading: TrafficReading,
    recorder: RunRecorder,
    earlier: dict[str, set[str]],
    partial_result: _PartialResult,
) -> None:
    settings, progress, constraints = recorder.settings, recorder.stage_progress(), request.constraints
    measured = measure_traffic(engine, reading, recorder)
    recorder.record_population(measured.population, measured.rows)
    if request.attributor is not None:
        recorder.inputs = [*recorder.inputs, *request.attributor.inputs]
    selection = recorder.select_signals(find_signals(), reading.columns)
    bounds = build_group_constraints(measured.population, constraints, earlier) if constraints is not None else None
    with recorder.stage("link and test"):
        findings = find_campaigns(
            measured.population,
            SignalSet(selection.active),
            ScoringRules(settings.campaigns, load_calibration(), selection.attainable),
            progress,
            PriorKnowledge(earlier, bounds),
        )
        partial_result.findings = findings
        partial_result.harvested = build_harvest_table(measured, findings)
        partial_result.indicators, partial_result.blocks = (
            findings.indicators,
            count_block_accounts(measured.population),
        )
        partial_result.templates = build_template_table(measured, findings)
        if constraints is not None and bounds is not None:
            members = set(findings.members["account_id"].to_pylist())
            recorder.notes |= bounds.counts | count_agreements(constraints, members)
    if settings.exhibits and not reading.traffic.fingerprinted and findings.campaigns:
        with recorder.stage("show wordings"):
            findings = partial_result.findings = add_redacted_texts(
                findings, partial_result.harvested, reading, progress
            )
    if request.attributor is not None and findings.campaigns:
        with recorder.stage("attribute"):
            result = partial_result.assemble(recorder.build_run("running"))
            campaigns = [*request.attributor.attribute(result), *result.watches]
            partial_result.findings = dataclasses.replace(findings, campaigns=campaigns)


def _read_earlier_members(out: Path) -> dict[str, set[str]]:
    """Return the members by campaign of the result that `out` holds, if any."""
    if not (out / "run.json").exists():
        return {}
    earlier: dict[str, set[str]] = {}
    members = ResultFolder.read(out).members
    for name, account in zip(members["campaign_id"].to_pylist(), members["account_id"].to_pylist(), strict=True):
        earlier.setdefault(name, set()).add(account)
    return earlier


def _write_result(out: Path, result: ResultFolder) -> ResultFolder:
    result.write(out, render_result_page(result))
    return result


def write_fingerprints(
    request: ReadRequest, out: Path | str, settings: Settings, progress: Progress
) -> FingerprintSummary:
    """Write traffic without its texts, with their fingerprints, as a folder that `detect` reads.

    With a Spark session the engine is `spark`, and `out` may be whatever docs/spark.md names.

    Raises:
        InputError: unusable traffic, settings or folder.
    """
    return fingerprint_traffic(request, out, select_engine(settings, request.session), progress)


def list_steps(settings: Settings) -> list[SqlStep]:
    """Return the SQL that a run with these settings would make, in the dialect of its engine."""
    return translate_steps(list_measuring_steps(settings), settings)


def select_engine(settings: Settings, session: object | None) -> Settings:
    """Return the settings with the engine that a Spark session asks for."""
    return settings if session is None else replace(settings, engine="spark")
