"""The server against what its own OpenAPI description lets, and does not let, a client send."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from pathlib import Path
from schemathesis import checks
from taxii_parts import Site, headers, indicator, site

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKS: Any = [
    checks.not_a_server_error,
    checks.load_all_checks() or checks.CHECKS.get_one("status_code_conformance"),
    checks.CHECKS.get_one("content_type_conformance"),
    checks.CHECKS.get_one("response_schema_conformance"),
    checks.CHECKS.get_one("response_headers_conformance"),
]


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Site]:
    with TemporaryDirectory() as folder:
        here = site(Path(folder))
        yield here


@pytest.fixture
def api(fuzzed: Site) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", fuzzed.app)


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_nothing_breaks_the_server(case: schemathesis.Case, fuzzed: Site) -> None:
    sent = headers(fuzzed.tokens["ours"])
    del sent["Content-Type"]
    # Most made-up names lead nowhere: half of the cases are led to a collection and an object that are there.
    if case.path_parameters and len(str(case.path_parameters)) % 2:
        named = {"collection": "shared", "object_id": indicator("a")["id"]}
        case.path_parameters.update({k: v for k, v in named.items() if k in case.path_parameters})
    case.call_and_validate(checks=CHECKS, headers=sent)
