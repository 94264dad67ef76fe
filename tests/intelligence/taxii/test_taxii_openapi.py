"""The server against what its own OpenAPI description lets, and does not let, a client send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from fixtures.taxii_sites import Site, headers, indicator, site
from hydrometer.intelligence.taxii.offered_objects import check_object
from hydrometer.intelligence.taxii.taxii_openapi import describe_api

if TYPE_CHECKING:
    from pathlib import Path

load_all_checks()
HELD: Any = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)
OPERATIONS = [
    (path, method)
    for path, operations in describe_api("x", 1)["paths"].items()
    for method in operations
    if method != "parameters"
]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    here = site(folder)
    things = [check_object(indicator("a", f"2026-02-{day:02}T00:00:00Z")) for day in range(1, 9)]
    here.store.add(here.shared.id, things, "somebody")
    return here


def test_the_description_is_served_to_everybody(fuzzed: Site) -> None:
    served: Any = schemathesis.openapi.from_asgi("/openapi.json", fuzzed.app)
    assert {operation.ok().label for operation in served.get_all_operations()} == {
        f"{method.upper()} {path}" for path, method in OPERATIONS
    }


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_nothing_breaks_the_server(fuzzed: Site, path: str, method: str, mode: GenerationMode) -> None:
    sent = headers(fuzzed.tokens["ours"])
    del sent["Content-Type"]
    operation = schemathesis.openapi.from_asgi("/openapi.json", fuzzed.app)[path][method]
    statuses: set[int] = set()
    there = {"collection": "shared", "object_id": indicator("a")["id"]}

    @settings(max_examples=60, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), found=booleans())
    def sends(case: Any, found: bool) -> None:
        if found and case.path_parameters:  # a name that is made up leads nowhere
            case.path_parameters.update({k: v for k, v in there.items() if k in case.path_parameters})
            (case.query or {}).pop("next", None)
        statuses.add(case.call_and_validate(checks=HELD, headers=sent).status_code)

    sends()
    if method == "get" and "{status}" not in path:
        assert 200 in statuses  # else it was only sent away at the door
