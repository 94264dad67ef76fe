"""The guardrail that LiteLLM runs: `guardrail: hydrometer.LiteLLMGuardrail` in the proxy's configuration.

The files of its guard are named in the environment, since the proxy makes instances before it reads more:
`HYDROMETER_SNAPSHOT`, `HYDROMETER_PUBLIC_KEY` (several with the path separator between them), `HYDROMETER_SITE_KEY`,
`HYDROMETER_GATEWAYS` (settings), `HYDROMETER_AUDIT` and `HYDROMETER_GUARD_LOG`; the last four may be absent. An audit
has one writer: with several processes of the proxy, write `{pid}` into its name.
"""

from __future__ import annotations

import atexit
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hydrometer.contract import InputError
from hydrometer.enforcement.guard.gateways.litellm import make_guardrail_class
from hydrometer.enforcement.guard.guard_runtime import GuardConfig, GuardRuntime

if TYPE_CHECKING:
    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint


@cache
def open_enforcement_point() -> EnforcementPoint:
    """Return the one enforcement point of this process, opened at the first call.

    Raises:
        InputError: a variable is missing, or names what cannot be used; the proxy then does not start.
    """
    for name in ("HYDROMETER_SNAPSHOT", "HYDROMETER_PUBLIC_KEY"):
        if not os.environ.get(name):
            raise InputError(
                f"{name} is not set", mend=f"Set {name} in the environment of the proxy; see docs/gateways.md."
            )
    config = GuardConfig(
        snapshot=Path(os.environ["HYDROMETER_SNAPSHOT"]),
        public_keys=tuple(Path(key) for key in os.environ["HYDROMETER_PUBLIC_KEY"].split(os.pathsep) if key),
        site_key=_read_path_variable("HYDROMETER_SITE_KEY"),
        settings=_read_path_variable("HYDROMETER_GATEWAYS"),
        audit=_read_path_variable("HYDROMETER_AUDIT"),
        log=_read_path_variable("HYDROMETER_GUARD_LOG"),
    )
    runtime = GuardRuntime(config)
    atexit.register(runtime.__exit__, None, None, None)
    return runtime.enforcement_point


def _read_path_variable(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value.replace("{pid}", str(os.getpid()))) if value else None


LiteLLMGuardrail = make_guardrail_class(open_enforcement_point)
