"""A guard in this process: decides on requests by a snapshot that was published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from hydrometer.enforcement.guard import ClientIdentity, GuardConfig, GuardMiddleware, GuardRuntime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from hydrometer.contract import Decision
    from hydrometer.enforcement.guard import EnforcementPoint

GATEWAY = "python"
"""The name of these decisions in metrics, the log and the audit."""


class Guard:
    """A guard that goes by a snapshot file, and follows it as it is replaced; a context manager.

    A snapshot that is missing or refused is no error: the guard fails open or closed, as set, until there is one.

    >>> import hydrometer as hy
    >>> with hy.Guard("verdicts.snapshot", "guard.pub") as guard:  # doctest: +SKIP
    ...     guard.decide({"model": "large", "messages": []}, account="acct-1").done
    'allow'
    """

    def __init__(
        self,
        snapshot: str | Path,
        public_key: str | Path | Sequence[str | Path],
        *,
        site_key: str | Path | None = None,
        settings: str | Path | None = None,
        audit: str | Path | None = None,
        audit_key: str | Path | None = None,
        log: str | Path | None = None,
        redis: str = "",
        gateways: int = 1,
    ) -> None:
        """Open the guard.

        Args:
            snapshot: the file that `hydrometer guard snapshot` writes.
            public_key: the key that it is signed with, or several that are trusted.
            site_key: the site key of the detection; without it no template is recognised.
            settings: settings of the gateways (TOML).
            audit: the folder of the audit log; without one nothing is logged there.
            audit_key: the secret key that signs the heads of the audit log.
            log: the file of the log, standard error without one.
            redis: a server by which a fleet of gateways shares its budgets, and `gateways`, how many do at least.

        Raises:
            InputError: settings, keys, an audit or a log that cannot be used.
        """
        keys = [public_key] if isinstance(public_key, str | Path) else list(public_key)
        self._runtime = GuardRuntime(
            GuardConfig(
                snapshot=Path(snapshot),
                public_keys=tuple(map(Path, keys)),
                site_key=_read_path(site_key),
                settings=_read_path(settings),
                audit=_read_path(audit),
                audit_key=_read_path(audit_key),
                log=_read_path(log),
                redis=redis,
                gateways=gateways,
            )
        )

    @property
    def enforcement_point(self) -> EnforcementPoint:
        """What decides, as `GuardMiddleware` takes it."""
        return self._runtime.enforcement_point

    @property
    def unready(self) -> str:
        """Why the guard is not ready to decide, empty when it is."""
        return self.enforcement_point.ready

    def decide(self, body: object, account: str | ClientIdentity) -> Decision:
        """Decide on a request: its body, as bytes or as the object that was parsed, and who sends it.

        An empty body is a question about the sender alone. `Decision.done` is what is to be done.
        """
        identity = account if isinstance(account, ClientIdentity) else ClientIdentity(account_id=account)
        encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.enforcement_point.ask_body(GATEWAY, encoded, identity).decision

    def protect(
        self,
        app: Any,
        *,
        identify: Callable[[Any], ClientIdentity] | None = None,
        paths: tuple[str, ...] | None = None,
    ) -> GuardMiddleware:
        """Return an ASGI application that decides before `app` sees a request.

        `identify` tells the sender of a scope, where the application knows better than headers who it is; `paths` are the
        ends of the paths that are decided on, those of OpenAI and Anthropic without.
        """
        if paths is None:
            return GuardMiddleware(app, self.enforcement_point, identify=identify)
        return GuardMiddleware(app, self.enforcement_point, identify=identify, paths=paths)

    def close(self) -> None:
        """Stop following the snapshot, and close the audit and the log."""
        self._runtime.__exit__(None, None, None)

    def __enter__(self) -> Self:
        """Return the guard."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the guard."""
        self.close()


def _read_path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)
