"""From traffic to a result, and what is done with one."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hydrometer.api.arguments import (
    resolve_path,
    resolve_paths,
    resolve_place,
    resolve_settings,
    resolve_traffic,
)
from hydrometer.api.detection_result import Result
from hydrometer.contract import SilentProgress
from hydrometer.detection import DetectionRequest, detect_campaigns, write_fingerprints
from hydrometer.detection import list_steps as list_detection_steps
from hydrometer.detection.ingestion import ReadRequest
from hydrometer.enforcement.casebook import load_constraints
from hydrometer.intelligence.attribution import attribute_result, make_attributor
from hydrometer.report import build_unknown_account_error, names_account
from hydrometer.result import REJECTED_FILE
from hydrometer.sources import search_account

if TYPE_CHECKING:
    from hydrometer.api.arguments import PathsArgument, SettingsArgument, TrafficArgument
    from hydrometer.contract import Progress, SqlStep
    from hydrometer.detection.ingestion import FingerprintSummary
    from hydrometer.report import Explanation


def detect(
    traffic: TrafficArgument,
    out: str | Path | None = None,
    settings: SettingsArgument = None,
    *,
    intel: PathsArgument = (),
    sharing_key: str | Path | None = None,
    constraints: str | Path | None = None,
    source: str | None = None,
    mapping: str | Path | None = None,
    site_key: str | Path | None = None,
    session: object | None = None,
    progress: Progress | None = None,
) -> Result:
    """Find the campaigns in traffic.

    >>> import hydrometer as hy
    >>> result = hy.detect(hy.sample(), settings={"seed": 7})
    >>> [campaign.accounts for campaign in result]
    [60, 70]

    Args:
        traffic: a log file or a folder of logs; a table of exchanges (Arrow, pandas, Polars, DuckDB), or a mapping of
            tables `exchanges`, `accounts` and `models`; for the engine `spark`, whatever docs/spark.md names.
        out: a folder for the result; without one it is in memory, and `Result.save` writes it.
        settings: `Settings`, a TOML file, or the settings that differ from the defaults, by name.
        intel: dossiers of known actors, beside those in the folder `intel` of the traffic.
        sharing_key: the key that partners share, by which their digests and sketches are compared too.
        constraints: what people found of accounts: an exported file, or a casebook.
        source: the format of the logs; recognised when not named.
        mapping: a TOML file that says which of your fields is which column.
        site_key: the secret that keys all fingerprints of texts; without one, the default key of this user.
        session: a Spark session that exists already; the engine is then `spark`.
        progress: told of each stage; silent without one.

    Raises:
        InputError: unusable traffic, settings, key, dossiers or result folder.
    """
    run_settings = resolve_settings(settings)
    resolved_traffic = resolve_traffic(traffic, spark=session is not None or run_settings.engine == "spark")
    attributor = make_attributor(
        resolved_traffic if isinstance(resolved_traffic, str | Path) else None,
        resolve_paths(intel),
        run_settings.attribution,
        sharing_key=resolve_path(sharing_key),
    )
    with ExitStack() as closing:
        path = resolve_path(out)
        folder = path or Path(closing.enter_context(TemporaryDirectory(prefix="hydrometer-")))
        request = DetectionRequest(
            traffic=resolved_traffic,
            out=folder,
            settings=run_settings,
            site_key=resolve_path(site_key),
            mapping=resolve_path(mapping),
            source=source,
            session=session,
            constraints=load_constraints(str(constraints)) if constraints is not None else None,
            attributor=attributor,
        )
        result_folder = detect_campaigns(request, progress or SilentProgress())
        return Result(result_folder, path, (folder / REJECTED_FILE).read_bytes())


def fingerprint(
    traffic: TrafficArgument,
    out: str | Path,
    settings: SettingsArgument = None,
    *,
    source: str | None = None,
    mapping: str | Path | None = None,
    site_key: str | Path | None = None,
    session: object | None = None,
    progress: Progress | None = None,
) -> FingerprintSummary:
    """Write traffic without its texts, with keyed one-way fingerprints in their place, as a folder that `detect` reads.

    The arguments are those of `detect`; with a Spark session `out` may be whatever docs/spark.md names.

    >>> import hydrometer as hy, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hy.fingerprint(hy.sample(), folder + "/prints").rows
    {'exchanges': 29467, 'accounts': 1200}

    Raises:
        InputError: unusable traffic, settings or folder.
    """
    run_settings = resolve_settings(settings)
    spark = session is not None or run_settings.engine == "spark"
    request = ReadRequest(
        resolve_traffic(traffic, spark=spark), resolve_path(site_key), resolve_path(mapping), source, session
    )
    return write_fingerprints(request, resolve_place(out, spark=spark), run_settings, progress or SilentProgress())


def attribute(
    result: Result | str | Path,
    intel: PathsArgument,
    settings: SettingsArgument = None,
    *,
    sharing_key: str | Path | None = None,
) -> Result:
    """Weigh dossiers of known actors for each campaign, and return the result with who may be behind them.

    A folder is written to, as `hydrometer attribute` does; a `Result` is left as it is.

    >>> import hydrometer as hy
    >>> result = hy.attribute(hy.detect(hy.sample()), hy.sample() / "intel")
    >>> result.campaigns[0].attribution.status
    'attributed'

    Raises:
        InputError: no result there, a dossier that cannot be read, or an unusable key.
    """
    weights, paths, key = resolve_settings(settings).attribution, resolve_paths(intel), resolve_path(sharing_key)
    if not isinstance(result, Result):
        attribute_result(Path(result), paths, weights, sharing_key=key)
        return Result.load(result)
    attributor = make_attributor(None, paths, weights, sharing_key=key)
    if attributor is None:
        return result
    with result.locate() as path:
        return Result(
            replace(result.folder, campaigns=attributor.attribute(result.folder)),
            rejected=(path / REJECTED_FILE).read_bytes(),
        )


def explain(result: Result | str | Path, *, campaign: str | None = None, account: str | None = None) -> Explanation:
    """Return in plain words why a campaign is one, or why an account is in it or not.

    Raises:
        InputError: no result there, or no such campaign or account.
    """
    if not isinstance(result, Result):
        result = Result.load(result)
    return result.explain(campaign=campaign, account=account)


def require_account(result: str | Path, account: str) -> None:
    """Refuse an account that neither the result nor the traffic that it is of has.

    Where the traffic is gone, or cannot be read without what it was read by, nothing is refused.

    Raises:
        InputError: no result there, or the account is in neither.
    """
    folder = Result.load(result).folder
    if names_account(folder, account):
        return
    if search_account([Path(name) for name in folder.run.inputs], account) is False:
        raise build_unknown_account_error(folder, account)


def list_steps(settings: SettingsArgument = None) -> list[SqlStep]:
    """Return the SQL that a run with these settings would make, in the dialect of its engine.

    Raises:
        InputError: unusable settings, or the engine is not there.
    """
    return list_detection_steps(resolve_settings(settings))
