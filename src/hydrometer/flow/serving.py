"""A gate that goes by a snapshot file: the guard's core, its sketch, its audit, its metrics, put together for gateways."""

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

from hydrometer.contract.errors import InputError
from hydrometer.contract.gateway import load_gateway_settings
from hydrometer.fingerprint import SiteKey
from hydrometer.fingerprint.single import TextSketch
from hydrometer.flow.sketching import SKETCH_HASHES, check, settings_of
from hydrometer.guard.auditing import QueuedAudit
from hydrometer.guard.core import Guard
from hydrometer.guard.fleet import Fleet
from hydrometer.guard.gate import Gate
from hydrometer.guard.gateways.http import gateway_names
from hydrometer.guard.journal import Journal
from hydrometer.guard.keeping import Keeper
from hydrometer.guard.keys import signing_key, verify_key
from hydrometer.guard.metrics import Gauge, GuardMetrics
from hydrometer.guard.reloading import Reloading
from hydrometer.guard.serving import serve
from hydrometer.response.audit import AuditLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from nacl.signing import SigningKey, VerifyKey

    from hydrometer.guard.snapshot import Snapshot


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a guard finds what it goes by, and where it writes."""

    snapshot: Path
    public_keys: tuple[Path, ...]
    site_key: Path | None = None
    """Without it no wording is recognised."""
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


class OpenGate:
    """A gate and what keeps it going; a context manager. Inside, `gate` decides."""

    def __init__(self, place: Place) -> None:
        """Raises InputError for settings, keys, an audit or a log that cannot be used.

        A snapshot that is missing or refused is no error: the gate fails open or closed, as set, until there is one.
        """
        with ExitStack() as closing:
            self._open(place, closing)
            self._closing = closing.pop_all()

    def _open(self, place: Place, closing: ExitStack) -> None:
        settings = load_gateway_settings(place.settings)
        if unknown := sorted(set(settings.failing_by) - gateway_names()):
            raise InputError(
                f"failing_by names no gateway: {', '.join(unknown)}",
                file=str(place.settings),
                mend=f"Name one of {', '.join(sorted(gateway_names()))}.",
            )
        keys = [verify_key(key) for key in place.public_keys]
        self._secret = SiteKey.load(place.site_key) if place.site_key is not None else None
        self._sketch = FollowingSketch(self._secret)
        self.journal = Journal(_log(place.log, closing), time.time)
        self.metrics = GuardMetrics()
        self.metrics.clock = time.time
        self._audit: QueuedAudit | None = None
        if place.audit_key is not None and place.audit is None:
            raise InputError(
                "signs the heads of an audit log, and none is named",
                file=str(place.audit_key),
                mend="Name its folder with --audit.",
            )
        if place.audit is not None:
            audit_key = _audit_key(place.audit_key, keys) if place.audit_key is not None else None
            log = closing.enter_context(AuditLog(place.audit, key=audit_key))
            self._audit = QueuedAudit(log, self.metrics, self.journal, head_seconds=settings.audit_head_seconds)
            closing.callback(self._audit.close)
        guard = Guard(None, self._sketch)
        fleet = self._fleet(place, guard) if place.redis else None
        self.metrics.gauges = lambda: _gauges(guard, fleet)
        self._reloading = Reloading(
            guard,
            Keeper(guard, place.snapshot, keys),
            self.metrics,
            self.journal,
            clock=time.time,
            seconds=settings.reload_seconds,
            taken=self._taken,
        )
        self._reloading.start()
        closing.callback(self._reloading.stop)
        if fleet is not None:
            fleet.start()
            closing.callback(fleet.stop)
        if self._sketch.problem == OTHER_KEY:
            raise InputError(
                "is not the key that the snapshot was made with",
                file=str(place.site_key),
                mend="Name the site key of the detection; with another key no wording is ever recognised.",
            )
        self.gate = Gate(self._reloading, settings, self.metrics, self.journal, self._audit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _fleet(self, place: Place, guard: Guard) -> Fleet:
        if self._secret is None:
            raise InputError(
                "the subjects of shared budgets are hashed under the site key, and none is named",
                mend="Name the site key; every gateway of the fleet needs the same.",
            )
        key = blake2b(b"".join(word.to_bytes(8, "little") for word in self._secret.words), person=b"hydrometer fleet")
        return Fleet(
            guard.budgets,
            place.redis,
            key=key.digest(),
            gateways=place.gateways,
            say=lambda words: self.journal.tell("fleet", says=words),
        )

    def _taken(self, snapshot: Snapshot) -> None:
        self._sketch.follow(snapshot)
        if self._sketch.problem and snapshot.templates:
            self.journal.tell("no_wording_recognised", why=self._sketch.problem, templates=len(snapshot.templates))
        if self._audit is not None:
            policy = snapshot.policy
            told: dict[str, object] = {"version": snapshot.version, "policy": policy.name, "mode": policy.mode}
            self._audit.put("snapshot", told)


def _audit_key(path: Path, trusted: Sequence[VerifyKey]) -> SigningKey:
    key = signing_key(path)
    if key.verify_key in trusted:
        # Whoever takes over this server could make snapshots that every guard goes by.
        raise InputError(
            "is the key that snapshots are signed with, which no gateway may hold",
            file=str(path),
            mend="Make a pair for the audit with `hydrometer guard keygen`.",
        )
    return key


def _log(path: Path | None, closing: ExitStack) -> BinaryIO:
    if path is None:
        return sys.stderr.buffer
    try:
        return closing.enter_context(path.open("ab"))
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", file=str(path), mend="Name a file that you may write to."
        ) from None


NO_KEY, OTHER_KEY = "no site key", "the site key is not the one that the snapshot was made with"
_NOTHING = np.empty(0, np.int64)


class FollowingSketch:
    """Sketches texts with the settings of the snapshot in force; without the right site key it finds nothing.

    Between a new snapshot and `follow`, a request is sketched with the settings before: its wording may be missed, its
    account is not.
    """

    def __init__(self, secret: SiteKey | None) -> None:
        self.problem = NO_KEY
        """Why no wording is recognised, empty when they are."""
        self._secret = secret
        self._made: Callable[[str, str], npt.NDArray[np.int64]] | None = None

    def follow(self, snapshot: Snapshot) -> None:
        """Sketch as a snapshot's templates were sketched."""
        if self._secret is None:
            return
        settings = settings_of(snapshot.sketch)
        expected = snapshot.sketch.get("check")
        if expected is not None and expected != check(settings, self._secret):
            self.problem, self._made = OTHER_KEY, None
            return
        self.problem, self._made = "", TextSketch(settings, self._secret, most=SKETCH_HASHES)

    def __call__(self, system_prompt: str, prompt: str) -> npt.NDArray[np.int64]:
        """Return the ascending distinct hashes of two texts."""
        made = self._made
        return _NOTHING if made is None else made(system_prompt, prompt)


def serve_gate(
    place: Place,
    *,
    host: str,
    port: int,
    token_file: Path | None = None,
    envoy_port: int | None = None,
    started: Callable[[int, int | None], None] = lambda _port, _envoy: None,
) -> None:
    """Serve the gateways until told to end; `started` is told the ports of HTTP and gRPC.

    Raises:
        InputError: something of `place` or the token cannot be used, an extra is missing, or an address cannot be had.
    """
    token = _token(token_file) if token_file is not None else ""
    with OpenGate(place) as opened:
        serve(opened.gate, host=host, port=port, token=token, envoy_port=envoy_port, started=started)


def _token(path: Path) -> str:
    try:
        token = path.read_text("ascii").strip()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", file=str(path), mend="Name a file with a token."
        ) from None
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


def _gauges(guard: Guard, fleet: Fleet | None) -> Iterator[Gauge]:
    for budget, state in guard.budgets.state().items():
        labels = {"budget": budget}
        yield Gauge("budget_subjects", "Subjects that a budget remembers.", labels, state["subjects"])
        yield Gauge("budget_lost_requests", "By how much its counts may be too low at most.", labels, state["lost"])
    for rule, count in guard.unevaluated.items():
        text = "Conditions that could not be evaluated since the snapshot was loaded."
        yield Gauge("conditions_unevaluated", text, {"rule": rule}, count)
    if fleet is not None:
        yield Gauge("fleet_alone", "1 when the others of the fleet cannot be heard.", {}, float(fleet.alone))
        yield Gauge("fleet_gateways", "Gateways that were heard last.", {}, fleet.gateways)
        yield Gauge("fleet_failures", "Exchanges with the others that failed.", {}, fleet.failures)
        yield Gauge("fleet_untold", "Changes of counts that were too many to tell.", {}, fleet.untold)
