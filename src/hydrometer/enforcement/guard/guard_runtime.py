"""A running guard: decisions by a snapshot file, sketches, audit, metrics and log, put together for gateways."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

from hydrometer.contract import InputError
from hydrometer.enforcement.audit.audit_log import AuditLog
from hydrometer.enforcement.guard.audit_queue import AuditQueue
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint
from hydrometer.enforcement.guard.event_log import EventLog
from hydrometer.enforcement.guard.gateway_routes import list_gateway_names
from hydrometer.enforcement.guard.guard_metrics import GaugeSample, GuardMetrics
from hydrometer.enforcement.guard.guard_server import serve_guard
from hydrometer.enforcement.guard.redis_budget_sync import BudgetSync
from hydrometer.enforcement.guard.snapshot_watcher import SnapshotLoader, SnapshotWatcher
from hydrometer.enforcement.signing_keys import read_signing_key, read_verify_key
from hydrometer.enforcement.snapshots.sketch_settings import SKETCH_HASHES, compute_key_check, parse_sketch_settings
from hydrometer.files import explain_write_errors, load_gateway_settings, read_secret
from hydrometer.fingerprint import FOLD_VERSION, OnlineSketcher, SiteKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from nacl.signing import SigningKey, VerifyKey

    from hydrometer.enforcement.snapshots.snapshot_file import Snapshot


class GuardConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The files and addresses of a guard: what it reads, and where it writes."""

    snapshot: Path
    public_keys: tuple[Path, ...]
    site_key: Path | None = None
    """Without it no template is recognised."""
    settings: Path | None = None
    audit: Path | None = None
    """Folder of the audit log; None writes none."""
    audit_key: Path | None = None
    """Secret key that signs the heads of the audit log; not the one that snapshots are signed with."""
    log: Path | None = None
    """File of the log; None is standard error."""
    redis: str = ""
    """Server by which a fleet of gateways shares its budgets; empty: this gateway counts for itself."""
    gateways: int = 1
    """How many share them at least."""


class GuardRuntime:
    """A guard that runs until it is closed; a context manager. Inside, `enforcement_point` decides."""

    def __init__(self, config: GuardConfig) -> None:
        """Start the guard; raises InputError for settings, keys, an audit or a log that cannot be used.

        A snapshot that is missing or refused is no error: the guard fails open or closed, as set, until there is one.
        """
        with ExitStack() as closing:
            self._start(config, closing)
            self._closing = closing.pop_all()

    def _start(self, config: GuardConfig, closing: ExitStack) -> None:
        settings = load_gateway_settings(config.settings)
        if unknown := sorted(set(settings.failing_by) - list_gateway_names()):
            raise InputError(
                f"failing_by names no gateway: {', '.join(unknown)}",
                file=str(config.settings),
                mend=f"Name one of {', '.join(sorted(list_gateway_names()))}.",
            )
        keys = [read_verify_key(key) for key in config.public_keys]
        self._secret = SiteKey.load(config.site_key) if config.site_key is not None else None
        self._sketch = SnapshotSketcher(self._secret)
        self.event_log = EventLog(_open_log(config.log, closing), time.time)
        self.metrics = GuardMetrics()
        self.metrics.clock = time.time
        self._audit: AuditQueue | None = None
        if config.audit_key is not None and config.audit is None:
            raise InputError(
                "signs the heads of an audit log, and none is named",
                file=str(config.audit_key),
                mend="Name its folder with --audit.",
            )
        if config.audit is not None:
            audit_key = _load_audit_key(config.audit_key, keys) if config.audit_key is not None else None
            log = closing.enter_context(AuditLog(config.audit, key=audit_key))
            self._audit = AuditQueue(log, self.metrics, self.event_log, head_seconds=settings.audit_head_seconds)
            closing.callback(self._audit.close)
        decision_point = DecisionPoint(None, self._sketch)
        budget_sync = self._make_budget_sync(config, decision_point) if config.redis else None
        self.metrics.gauges = lambda: _collect_gauges(decision_point, budget_sync)
        self._watcher = SnapshotWatcher(
            SnapshotLoader(decision_point, config.snapshot, keys),
            self.metrics,
            self.event_log,
            clock=time.time,
            seconds=settings.reload_seconds,
            on_load=self._apply_snapshot,
        )
        self._watcher.start()
        closing.callback(self._watcher.stop)
        if budget_sync is not None:
            budget_sync.start()
            closing.callback(budget_sync.stop)
        if self._sketch.problem == OTHER_KEY:
            raise InputError(
                "is not the key that the snapshot was made with",
                file=str(config.site_key),
                mend="Name the site key of the detection; with another key no wording is ever recognised.",
            )
        self.enforcement_point = EnforcementPoint(self._watcher, settings, self.metrics, self.event_log, self._audit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _make_budget_sync(self, config: GuardConfig, decision_point: DecisionPoint) -> BudgetSync:
        if self._secret is None:
            raise InputError(
                "the subjects of shared budgets are hashed under the site key, and none is named",
                mend="Name the site key; every gateway of the fleet needs the same.",
            )
        key = blake2b(b"".join(word.to_bytes(8, "little") for word in self._secret.words), person=b"hydrometer fleet")
        return BudgetSync(
            decision_point.budgets,
            config.redis,
            key=key.digest(),
            gateways=config.gateways,
            say=lambda words: self.event_log.write("fleet", says=words),
        )

    def _apply_snapshot(self, snapshot: Snapshot) -> None:
        self._sketch.follow(snapshot)
        if self._sketch.problem and snapshot.templates:
            self.event_log.write("no_wording_recognised", why=self._sketch.problem, templates=len(snapshot.templates))
        elif snapshot.templates and (fold := snapshot.sketch.get("fold", 0)) != FOLD_VERSION:
            self.event_log.write("templates_of_another_fold", theirs=fold, ours=FOLD_VERSION)
        if self._audit is not None:
            policy = snapshot.policy
            snapshot_body: dict[str, object] = {"version": snapshot.version, "policy": policy.name, "mode": policy.mode}
            self._audit.put("snapshot", snapshot_body)


def _load_audit_key(path: Path, trusted: Sequence[VerifyKey]) -> SigningKey:
    key = read_signing_key(path)
    if key.verify_key in trusted:
        # Whoever takes over this server could make snapshots that every guard trusts.
        raise InputError(
            "is the key that snapshots are signed with, which no gateway may hold",
            file=str(path),
            mend="Make a pair for the audit with `hydrometer guard keygen`.",
        )
    return key


def _open_log(path: Path | None, closing: ExitStack) -> BinaryIO:
    if path is None:
        return sys.stderr.buffer
    with explain_write_errors(path, mend="Name a file that you may write to."):
        return closing.enter_context(path.open("ab"))


NO_KEY, OTHER_KEY = "no site key", "the site key is not the one that the snapshot was made with"
_NOTHING = np.empty(0, np.int64)


class SnapshotSketcher:
    """A sketch of texts with the settings of the snapshot in force; empty without the right site key.

    Between a new snapshot and `follow`, a request is sketched with the settings before: its template may be missed, its
    account is not.
    """

    def __init__(self, secret: SiteKey | None) -> None:
        self.problem = NO_KEY
        """Why no template is recognised, empty when they are."""
        self._secret = secret
        self._sketcher: Callable[[str, str], npt.NDArray[np.int64]] | None = None

    def follow(self, snapshot: Snapshot) -> None:
        """Sketch as a snapshot's templates were sketched."""
        if self._secret is None:
            return
        settings = parse_sketch_settings(snapshot.sketch)
        expected = snapshot.sketch.get("check")
        if expected is not None and expected != compute_key_check(settings, self._secret):
            self.problem, self._sketcher = OTHER_KEY, None
            return
        self.problem, self._sketcher = "", OnlineSketcher(settings, self._secret, most=SKETCH_HASHES)

    def __call__(self, system_prompt: str, prompt: str) -> npt.NDArray[np.int64]:
        """Return the ascending distinct hashes of two texts."""
        sketcher = self._sketcher
        return _NOTHING if sketcher is None else sketcher(system_prompt, prompt)


def serve_gateways(
    config: GuardConfig,
    *,
    host: str,
    port: int,
    token_file: Path | None = None,
    envoy_port: int | None = None,
    started: Callable[[int, int | None], None] = lambda _port, _envoy: None,
) -> None:
    """Serve the gateways until SIGTERM or SIGINT; `started` is called with the ports of HTTP and gRPC.

    Raises:
        InputError: something of `config` or the token cannot be used, an extra is missing, or an address cannot be had.
    """
    token = _read_token(token_file) if token_file is not None else ""
    with GuardRuntime(config) as runtime:
        serve_guard(
            runtime.enforcement_point, host=host, port=port, token=token, envoy_port=envoy_port, started=started
        )


def _read_token(path: Path) -> str:
    content = read_secret(path, "the token", problem="cannot be read", mend="Name a file with a token.")
    try:
        token = content.decode("ascii").strip()
    except UnicodeDecodeError:
        token = ""
    if len(token) < LEAST_TOKEN:
        raise InputError(
            f"holds no token of at least {LEAST_TOKEN} ASCII characters",
            file=str(path),
            mend="Write one, such as of `openssl rand -hex 32`.",
        )
    return token


LEAST_TOKEN = 16


def _collect_gauges(decision_point: DecisionPoint, budget_sync: BudgetSync | None) -> Iterator[GaugeSample]:
    for budget, state in decision_point.budgets.state().items():
        labels = {"budget": budget}
        yield GaugeSample("budget_subjects", "Subjects that a budget remembers.", labels, state["subjects"])
        yield GaugeSample(
            "budget_lost_requests", "By how much its counts may be too low at most.", labels, state["lost"]
        )
    for rule, count in decision_point.unevaluated.items():
        text = "Conditions that could not be evaluated since the snapshot was loaded."
        yield GaugeSample("conditions_unevaluated", text, {"rule": rule}, count)
    if budget_sync is not None:
        yield GaugeSample(
            "fleet_alone", "1 when the others of the fleet cannot be heard.", {}, float(budget_sync.alone)
        )
        yield GaugeSample("fleet_gateways", "Gateways that were heard last.", {}, budget_sync.gateways)
        yield GaugeSample("fleet_failures", "Exchanges with the others that failed.", {}, budget_sync.failures)
        yield GaugeSample("fleet_untold", "Changes of counts that were too many to tell.", {}, budget_sync.untold)
