"""The result folder: written by `detect`, read by `explain`, the report and later stages.

Every file is written beside its place and renamed into it, so that a reader sees the earlier file or the new one,
never half of one. What a run took is in run.json and in the run of campaigns.json only; the other files are the same
bytes for the same findings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hydrometer.contract import (
    BLOCKS,
    CONSIDERED,
    HARVESTED,
    INDICATORS,
    MEMBERS,
    READ_FORMATS,
    RESULT_FORMAT,
    TEMPLATES,
    Campaign,
    CampaignFile,
    CandidateGroup,
    InputError,
    RunRecord,
)
from hydrometer.files import PARTIAL, make_write_error, read_bytes, write_atomically, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import TableSpec

CAMPAIGNS_FILE = "campaigns.json"
CANDIDATES_FILE = "candidates.json"
RUN_FILE = "run.json"
REPORT_FILE = "report.html"
REJECTED_FILE = "rejected.jsonl"
"""Written by the sources while they read; part of the folder, not of this record."""

TABLES = {f"{table.name}.parquet": table for table in (MEMBERS, HARVESTED, CONSIDERED, INDICATORS, TEMPLATES, BLOCKS)}
ORDER = {
    "members": [
        ("campaign_id", "ascending"),
        ("probability", "descending"),
        ("account_id", "ascending"),
        ("first_seen", "ascending"),
    ],
    "harvested": [
        ("campaign_id", "ascending"),
        ("exchange_id", "ascending"),
        ("template_id", "ascending"),
        ("probability", "descending"),
    ],
    "considered": [("candidate_id", "ascending"), ("probability", "descending"), ("account_id", "ascending")],
    "indicators": [("campaign_id", "ascending"), ("kind", "ascending"), ("value", "ascending")],
    "templates": [("campaign_id", "ascending"), ("template_id", "ascending")],
    "blocks": [("kind", "ascending"), ("value", "ascending")],
}
FILES = (CAMPAIGNS_FILE, CANDIDATES_FILE, RUN_FILE, REPORT_FILE, REJECTED_FILE, *TABLES)
WORK = ".work-"
"""Beginning of the folder that a run works in; one that was killed leaves it behind."""
AGAIN = "Run `hydrometer detect` again, or name another result folder."

T = TypeVar("T")


class _ResultLayout(msgspec.Struct):
    """The layout of a result folder, and the version of Hydrometer that wrote it."""

    format: int = RESULT_FORMAT
    version: str = "an unknown version"


@dataclass(frozen=True)
class ResultFolder:
    """What a detection found, as it lies in a folder.

    Each table has the columns of its declaration in `contract/result_records.py`, in any order of rows. A watch is
    among `watches` only, so that whoever goes through `campaigns` accuses nobody that is merely watched; campaigns.json
    has both in one list.

    Raises:
        ValueError: a watch is among the campaigns, or a campaign among the watches.
    """

    campaigns: list[Campaign]
    run: RunRecord
    candidates: list[CandidateGroup]
    members: pa.Table
    harvested: pa.Table
    considered: pa.Table
    indicators: pa.Table
    templates: pa.Table
    blocks: pa.Table
    watches: list[Campaign] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse a record that lies in the wrong list."""
        misplaced = [each.id for each in self.campaigns if each.verdict != "campaign"]
        misplaced += [each.id for each in self.watches if each.verdict != "watch"]
        if misplaced:
            raise ValueError(
                f"{misplaced[0]} is among the campaigns and no campaign, or among the watches and no watch"
            )

    @property
    def campaign_file(self) -> CampaignFile:
        """What campaigns.json holds: campaigns, then watches, and the run."""
        return CampaignFile(campaigns=[*self.campaigns, *self.watches], run=self.run)

    def write(self, out: Path, report: str | None = None) -> None:
        """Write every file of the result, and the report when its page is given.

        An earlier result in `out` is replaced; its report goes too, since it would tell of other findings.

        Raises:
            InputError: `out` is not a folder, holds something else, or cannot be written.
            ValueError: a table or record breaks the contract (a stage's fault, not the user's).
        """
        contents: dict[str, bytes] = {
            CAMPAIGNS_FILE: _encode_record(self.campaign_file, CampaignFile),
            CANDIDATES_FILE: _encode_record(self.candidates, list[CandidateGroup]),
            RUN_FILE: _encode_record(self.run, RunRecord),
        }
        tables = {name: sort_table(getattr(self, table.name), table) for name, table in TABLES.items()}
        unknown = _find_unknown_campaign(self.campaign_file, tables["members.parquet"])
        if unknown is not None:
            raise ValueError(f"members name campaign {unknown}, which the result lacks")
        for name, table in tables.items():
            watch = _find_watch(self.watches, table)
            if watch is not None:
                raise ValueError(f"{name} names {watch}, which is a watch and accuses nobody")
        prepare_folder(out)
        try:
            (out / REPORT_FILE).unlink(missing_ok=True)
            for name, table in tables.items():
                _write_parquet(out / name, table)
            for name, content in contents.items():
                write_whole(out / name, content)
            if report is not None:
                write_whole(out / REPORT_FILE, report.encode("utf-8"))
        except OSError as error:
            raise _describe_write_error(error, out) from None

    def rewrite_campaigns(self, out: Path, report: str) -> None:
        """Write campaigns.json and the report of a result again, where campaigns were told more of; nothing else changes.

        Raises:
            InputError: a file cannot be written.
            ValueError: a record breaks the contract (a stage's fault, not the user's).
        """
        campaigns = _encode_record(self.campaign_file, CampaignFile)
        try:
            (out / REPORT_FILE).unlink(missing_ok=True)
            write_whole(out / CAMPAIGNS_FILE, campaigns)
            write_whole(out / REPORT_FILE, report.encode("utf-8"))
        except OSError as error:
            raise _describe_write_error(error, out) from None

    @classmethod
    def read(cls, path: Path) -> ResultFolder:
        """Read a result folder.

        Raises:
            InputError: the folder or a file is missing, damaged, of another layout, or of another run than the rest.
        """
        if not path.is_dir():
            raise InputError(
                "no such folder", file=str(path), mend="Name the folder that `hydrometer detect --out` wrote."
            )
        _check_layout(path / RUN_FILE)
        campaign_file = _decode_file(path / CAMPAIGNS_FILE, CampaignFile)
        run = _decode_file(path / RUN_FILE, RunRecord)
        if campaign_file.run != run:
            raise InputError("is of another run than campaigns.json", file=str(path / RUN_FILE), mend=AGAIN)
        tables = {table.name: _read_parquet(path / name, table) for name, table in TABLES.items()}
        unknown = _find_unknown_campaign(campaign_file, tables["members"])
        if unknown is not None:
            problem = f"names campaign {unknown}, which campaigns.json lacks"
            raise InputError(problem, file=str(path / "members.parquet"), mend=AGAIN)
        for name, table in tables.items():
            watch = _find_watch(campaign_file.watches, table)
            if watch is not None:
                problem = f"names {watch}, which campaigns.json has as a watch that accuses nobody"
                raise InputError(problem, file=str(path / f"{name}.parquet"), mend=AGAIN)
        candidates = _decode_file(path / CANDIDATES_FILE, list[CandidateGroup])
        return cls(
            campaigns=campaign_file.convicted, run=run, candidates=candidates, watches=campaign_file.watches, **tables
        )


def refuse_watch(watches: list[Campaign], campaign: str, path: Path, *, mend: str) -> None:
    """Refuse the id of a watch where a campaign is needed; the result lies at `path`.

    Raises:
        InputError: it is the id of one of `watches`.
    """
    if any(watch.id == campaign for watch in watches):
        raise InputError(f"{campaign} is a watch, not a campaign", file=str(path), mend=mend)


def prepare_folder(out: Path) -> None:
    """Make `out`, or see that it is empty or an earlier result.

    Raises:
        InputError: `out` is not a folder, cannot be made, or holds something else than a result.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        entries = sorted(entry.name for entry in out.iterdir())
    except FileExistsError:
        raise InputError("is a file, not a folder", file=str(out), mend="Name a folder for the result.") from None
    except OSError as error:
        raise InputError(
            f"cannot be used: {error.strerror or error}", file=str(out), mend="Name a folder that you may write to."
        ) from None
    ours = (*FILES, *(name + PARTIAL for name in FILES))
    strange = [name for name in entries if name not in ours and not name.startswith(WORK)]
    if strange and not _is_result(out):
        raise InputError(
            f"holds {strange[0]}"
            + (f" and {len(strange) - 1} more" if len(strange) > 1 else "")
            + " and is no earlier result",
            file=str(out),
            mend="Name a new or an empty folder, so that nothing of yours is overwritten.",
        )


def sort_table(table: pa.Table, declared: TableSpec) -> pa.Table:
    """Return `table` with the declared columns and types, rows in the declared order, in one chunk.

    Raises:
        ValueError: a column is missing or of another type, or a needed column holds nulls.
    """
    missing = [name for name in declared.names if name not in table.column_names]
    if missing:
        raise ValueError(f"{declared.name} lacks {', '.join(missing)}")
    for name in declared.needed:
        if table.column(name).null_count:
            raise ValueError(f"{declared.name}.{name} holds {table.column(name).null_count} nulls")
    table = table.select(declared.names).cast(declared.schema)
    order = pc.sort_indices(table, sort_keys=ORDER[declared.name])
    return table.take(order).combine_chunks().replace_schema_metadata(None)


def _describe_write_error(error: OSError, out: Path) -> InputError:
    return make_write_error(
        error, error.filename or out, mend="Free some space, or name a folder that you may write to."
    )


def _is_result(folder: Path) -> bool:
    """Return whether a folder that holds strange files too was written by `ResultFolder.write`."""
    try:
        _check_layout(folder / RUN_FILE)
        msgspec.json.decode((folder / CAMPAIGNS_FILE).read_bytes(), type=CampaignFile)
    except (InputError, OSError, msgspec.DecodeError):
        return False
    return True


def _check_layout(file: Path) -> None:
    layout = _decode_file(file, _ResultLayout)
    if layout.format not in READ_FORMATS:
        readable = " and ".join(str(number) for number in READ_FORMATS)
        raise InputError(
            f"has layout {layout.format} of hydrometer {layout.version}; this one reads layouts {readable}",
            file=str(file),
            mend="Read it with that version, or run `hydrometer detect` again.",
        )


def _find_unknown_campaign(campaign_file: CampaignFile, members: pa.Table) -> str | None:
    """Return a campaign that the members name and the result lacks."""
    named: set[str] = set(pc.unique(members.column("campaign_id")).to_pylist())
    return min(named - {campaign.id for campaign in campaign_file.campaigns}, default=None)


def _find_watch(watches: list[Campaign], table: pa.Table) -> str | None:
    """Return a watch that a table of campaigns names."""
    if not watches or "campaign_id" not in table.column_names:
        return None
    named: set[str] = set(pc.unique(table.column("campaign_id")).to_pylist())
    return min(named & {watch.id for watch in watches}, default=None)


def _encode_record(record: object, kind: object) -> bytes:
    """Return readable JSON, sure that it reads back: JSON has no infinities, and would turn them into null."""
    encoded = msgspec.json.encode(record, order="deterministic")
    try:
        msgspec.json.decode(encoded, type=kind)
    except msgspec.DecodeError as error:
        raise ValueError(f"a result that could not be read back: {error}") from error
    return msgspec.json.format(encoded, indent=1) + b"\n"


def _decode_file(file: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(read_bytes(file, mend=AGAIN, missing="is missing"), type=kind)
    except msgspec.DecodeError as error:
        raise InputError(f"is damaged: {error}", file=str(file), mend=AGAIN) from None


def _write_parquet(file: Path, table: pa.Table) -> None:
    with write_atomically(file) as opened:
        pq.write_table(table, opened, version="2.6", compression="zstd", compression_level=3, row_group_size=1 << 17)


def _read_parquet(file: Path, declared: TableSpec) -> pa.Table:
    try:
        table = pq.read_table(file, partitioning=None)
    except FileNotFoundError:
        raise InputError("is missing", file=str(file), mend=AGAIN) from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"is damaged: {str(error).splitlines()[0]}", file=str(file), mend=AGAIN) from None
    if "facts" in declared.names and "facts" not in table.column_names:
        # Layout 2 has none.
        table = table.append_column("facts", pa.array([[]] * table.num_rows, declared.column("facts").type))
    for column in declared.columns:
        if column.name not in table.column_names:
            raise InputError("is missing", file=str(file), column=column.name, mend=AGAIN)
        if table.schema.field(column.name).type != column.type:
            raise InputError(
                f"is {table.schema.field(column.name).type}, not {column.type}",
                file=str(file),
                column=column.name,
                mend=AGAIN,
            )
    return table.select(declared.names)
