"""The guardrail that LiteLLM loads by its dotted path."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fixtures.serving_parts import Files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("missing", ["HYDROMETER_SNAPSHOT", "HYDROMETER_PUBLIC_KEY"])
def test_litellms_guardrail_says_what_is_missing_in_its_environment(tmp_path: Path, missing: str) -> None:
    files = Files(tmp_path)
    files.write()
    given = {"HYDROMETER_SNAPSHOT": str(files.snapshot), "HYDROMETER_PUBLIC_KEY": str(files.public)}
    del given[missing]
    script = "from hydrometer import LiteLLMGuardrail; LiteLLMGuardrail()"
    ended = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", script], env={**os.environ, **given}, capture_output=True, text=True
    )
    assert f"{missing} is not set" in ended.stderr
