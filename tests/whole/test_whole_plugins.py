"""The plug-ins of an installed package, each through the command that uses it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import orjson
import pytest

from fixtures.gateway_parts import free_port, process
from fixtures.plugin_packages import ORIGIN, environment_with, install_example
from fixtures.serving_parts import Files

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.detected_worlds import Labelled


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a command that has the example package."""
    target = tmp_path_factory.mktemp("plugins")
    install_example(target)
    return environment_with(target)


def run(environment: dict[str, str], *arguments: str | Path) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "hydrometer", *map(str, arguments)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def result(
    small: Labelled, site_key: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("with-plugins") / "result"
    run(environment, "detect", small.folder, "--out", out, "--site-key", site_key, "--quiet")
    return out


def test_a_signal_gives_evidence_and_is_in_the_record_of_the_run(result: Path) -> None:
    written = orjson.loads((result / "run.json").read_bytes())
    assert written["versions"]["signal first_day"] == ORIGIN
    campaigns = orjson.loads((result / "campaigns.json").read_bytes())["campaigns"]
    (evidence,) = [one for one in campaigns[0]["evidence"] if one["signal"] == "first_day"]
    assert evidence["family"] == "timing"
    assert "accounts began on day" in evidence["statement"]
    assert ORIGIN in (result / "report.html").read_text("utf-8")


def test_a_log_of_its_format_is_recognised_and_read(
    environment: dict[str, str], site_key: Path, tmp_path: Path
) -> None:
    line = '{"proxy": "1", "id": "r%d", "at": "2026-04-06T10:%02d:00Z", "key": "k%d", "team": "t", "model": "m", "text": "Hello %d"}'
    log = tmp_path / "proxy.jsonl"
    log.write_text("\n".join([*(line % (n, n, n % 3, n) for n in range(20)), '{"kind": "health"}']) + "\n")
    run(environment, "detect", log, "--out", tmp_path / "result", "--site-key", site_key, "--quiet")
    written = orjson.loads((tmp_path / "result" / "run.json").read_bytes())
    assert written["rows"]["exchanges"] == 20
    assert written["rows"]["accounts"] == 3
    assert written["notes"] == {"health check, no exchange": 1}


def test_a_campaign_is_shared_in_its_format(result: Path, environment: dict[str, str], tmp_path: Path) -> None:
    name = orjson.loads((result / "campaigns.json").read_bytes())["campaigns"][0]["id"]
    run(environment, "share", result, "--campaign", name, "--format", "lines", "--out", tmp_path / "values.txt")
    lines = (tmp_path / "values.txt").read_text("utf-8").splitlines()
    assert lines
    assert all(len(line.split(" ", 1)) == 2 for line in lines)


def test_the_guard_answers_at_its_address(environment: dict[str, str], tmp_path: Path) -> None:
    files, port = Files(tmp_path), free_port()
    files.write()
    settings = tmp_path / "gateways.toml"
    settings.write_text('failing_by = {plain_gateway = "closed"}\n', "utf-8")
    command = [sys.executable, "-m", "hydrometer", "guard", "serve", str(files.snapshot), "--settings", str(settings)]
    command += ["--public-key", str(files.public), "--port", str(port), "--log", str(tmp_path / "log")]
    with (
        process(["/usr/bin/env", f"PYTHONPATH={environment['PYTHONPATH']}", *command], tmp_path, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        answers = {
            account: client.get("/plain", headers={"x-account-id": account, "x-forwarded-for": "198.51.100.7"}).text
            for account in ("bad", "good")
        }
    assert answers == {"bad": "refuse\n", "good": "pass\n"}


def test_a_world_has_its_archetype_where_the_scenario_names_it_and_nowhere_else(
    environment: dict[str, str], tmp_path: Path
) -> None:
    kinds = {}
    for name, shares in (("with", "newsletter = 0.1"), ("without", "")):
        recipe = tmp_path / f"{name}.toml"
        recipe.write_text(f"honest = 100\n[shares]\n{shares}\n", "utf-8")
        run(environment, "simulate", "--scenario", recipe, "--out", tmp_path / name, "--quiet")
        kinds[name] = orjson.loads((tmp_path / f"{name}.truth" / "world.json").read_bytes())["accounts_by_kind"]
    assert kinds["with"]["newsletter"] == 10
    assert kinds["without"].keys() == kinds["with"].keys() - {"newsletter"}
