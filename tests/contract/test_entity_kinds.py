"""Every table of kinds of value is keyed by the one list, and lacks no kind that it should have."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

import hydrometer
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.entity_kinds import ENTITY_KINDS, INDICATOR_KINDS, EntityKind
from hydrometer.contract.evidence_families import FAMILIES
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.intel_records import Indicator
from hydrometer.detection.campaigns import campaign_indicators, comparison_features, membership, non_campaign_groups
from hydrometer.detection.population.account_store import measured_partition, population_export
from hydrometer.detection.population.entity_steps import TRAFFIC_KINDS
from hydrometer.enforcement.guard import compiled_snapshot
from hydrometer.enforcement.snapshots import ban_evasion, successor_recognition
from hydrometer.intelligence.attribution import evidence_kinds
from hydrometer.intelligence.exchange import misp_mapping, redaction_policy
from hydrometer.intelligence.psi import item_list

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(str(hydrometer.__file__)).parent
OF_ACCOUNTS = {kind for kind, spec in ENTITY_KINDS.items() if spec.table == "accounts"}
OF_EXCHANGES = {kind for kind, spec in ENTITY_KINDS.items() if spec.table == "exchanges"}
REGISTRY, LEAST = 2 / 3, 3
"""Share of a display's texts, and their number, from which on it is a table of kinds, and no list of columns that share a name."""


def test_the_list_is_total_and_in_the_order_of_the_enum() -> None:
    assert list(ENTITY_KINDS) == list(EntityKind)
    assert {str(spec.family) for spec in ENTITY_KINDS.values()} <= set(FAMILIES)
    assert all(spec.label and spec.plural and spec.meaning for spec in ENTITY_KINDS.values())


@pytest.mark.parametrize("kind", TRAFFIC_KINDS)
def test_the_column_of_a_kind_is_one_of_its_table(kind: EntityKind) -> None:
    spec = ENTITY_KINDS[kind]
    table = {"accounts": ACCOUNTS, "exchanges": EXCHANGES}[spec.table]
    assert table.column(spec.column).name == spec.column


def test_detection_measures_every_kind_that_the_traffic_holds() -> None:
    assert set(TRAFFIC_KINDS) == OF_ACCOUNTS | OF_EXCHANGES
    assert population_export.SOURCES.keys() == OF_EXCHANGES
    assert set(measured_partition.COUNTED_KINDS) == OF_EXCHANGES | {"client"}


def test_what_convicts_is_what_members_are_compared_by() -> None:
    of_accounts, of_exchanges = comparison_features.ENTITY_FACETS, comparison_features.LINK_FACETS
    convicting = {kind for kind, spec in ENTITY_KINDS.items() if spec.convicts}
    assert of_accounts.keys() == convicting & OF_ACCOUNTS
    assert of_exchanges.keys() == convicting & OF_EXCHANGES
    assert convicting - OF_ACCOUNTS - OF_EXCHANGES == {EntityKind.TEMPLATE}
    assert {*of_accounts.values(), *of_exchanges.values()} <= membership.FACET_WORDS.keys()
    assert set(non_campaign_groups.TELLING) <= convicting


def test_what_indicates_is_what_leaves_and_what_is_read() -> None:
    indicating = set(INDICATOR_KINDS)
    assert set(campaign_indicators.KINDS) == indicating & set(TRAFFIC_KINDS)
    assert redaction_policy.DEFAULTS.keys() == indicating
    assert misp_mapping.TYPES.keys() == indicating
    assert indicating - {EntityKind.TEMPLATE} == item_list.MATCHED
    assert indicating <= evidence_kinds.KINDS.keys()


def test_the_guard_compares_every_kind_that_a_request_shows_and_an_indicator_may_be_of() -> None:
    looked_up = {*compiled_snapshot._VALUES, EntityKind.NETWORK}
    assert looked_up == OF_EXCHANGES & set(INDICATOR_KINDS)
    assert ban_evasion.ACCOUNT_KINDS == OF_ACCOUNTS
    assert set(successor_recognition.GROUPS) == {*TRAFFIC_KINDS, "templates"}


def test_an_indicator_is_of_no_other_kind() -> None:
    assert Indicator(id="i", kind=EntityKind.PAYMENT, value="p").kind is EntityKind.PAYMENT
    with pytest.raises(ValueError, match="end_user is no kind of indicator"):
        Indicator(id="i", kind=EntityKind.END_USER, value="u")
    for kind in ("end_user", "no such kind"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"id": "i", "kind": kind, "value": "u"}, Indicator)


def spelled_out(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the lines on which kinds are texts: as members of a table, or beside what is called a kind."""
    kinds = {str(kind) for kind in EntityKind}
    for node in ast.walk(tree):
        members: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            members = list(node.keys)
        elif isinstance(node, ast.Tuple | ast.List | ast.Set):
            members = list(node.elts)
        texts = [one.value for one in members if isinstance(one, ast.Constant) and one.value in kinds]
        if len(texts) >= LEAST and len(texts) >= REGISTRY * len(members):
            yield node.lineno, f"a table of {', '.join(map(str, texts))}"  # type: ignore[attr-defined] # displays have lines
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            named = [ast.unparse(side) for side in sides if not isinstance(side, ast.Constant)]
            if any(name.split(".")[-1] == "kind" for name in named) and any(
                isinstance(side, ast.Constant) and side.value in kinds for side in sides
            ):
                yield node.lineno, ast.unparse(node)


def test_no_table_of_kinds_is_spelled_out() -> None:
    found = [
        f"{file.relative_to(PACKAGE)}:{line} {what}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.name != "entity_kinds.py"
        for line, what in spelled_out(ast.parse(file.read_text("utf-8")))
    ]
    assert found == []


def test_spelled_out_tables_and_comparisons_are_found() -> None:
    bad = ast.parse(
        'A = {"payment": 1, "device": 2, "ja4": 3}\nB = [x for x in y if x.kind == "asn"]\nC = ("ja4", "x", "y")'
    )
    assert [line for line, _ in spelled_out(bad)] == [1, 2]
