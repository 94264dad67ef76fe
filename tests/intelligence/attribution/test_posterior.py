"""The parts of the weighing: caps, rarity, names in wordings, spellings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.intel_builders import OWN, actor, template
from hydrometer.contract.attribution_records import NOBODY, UNKNOWN
from hydrometer.contract.entity_kinds import INDICATOR_KINDS, EntityKind
from hydrometer.contract.result_records import Template, TemplateSegment
from hydrometer.contract.settings import AttributionSettings
from hydrometer.intelligence.attribution.base_rates import compute_ratio_bits
from hydrometer.intelligence.attribution.evidence import EvidenceItem
from hydrometer.intelligence.attribution.evidence_kinds import KINDS, TRUTHFUL, compute_item_weight, compute_source_cap
from hydrometer.intelligence.attribution.indicator_matching import canonicalise_value
from hydrometer.intelligence.attribution.posterior import spread_prior, weigh_evidence
from hydrometer.intelligence.attribution.product_mentions import find_product_mentions

SETTINGS = AttributionSettings()
PRIOR = spread_prior(["a", "b"], nobody=0.05, known_share=0.4)


def item(kind: str, measured: float, of: str = "a", **more: Any) -> EvidenceItem:
    fields: dict[str, Any] = {"tier": KINDS[kind].tier, "source": OWN}
    return EvidenceItem("operator", kind, of, bits=measured, statement=kind, **(fields | more))


def test_every_kind_of_indicator_is_declared() -> None:
    assert set(INDICATOR_KINDS) <= set(KINDS)


def test_sources_bear_less_the_less_they_are_believed() -> None:
    caps = [compute_source_cap(grade) for grade in sorted(TRUTHFUL, key=lambda g: TRUTHFUL[g])]
    assert caps == sorted(caps)
    assert compute_source_cap("E") < 0.5 < compute_source_cap("D") < compute_source_cap("B") < 6
    assert compute_item_weight(1, 0) > compute_item_weight(3, 100) > compute_item_weight(5, 100)
    assert compute_item_weight(6, 90) > compute_item_weight(6, 10)


def test_the_prior_is_spread_over_the_actors_and_sums_to_one() -> None:
    assert sum(PRIOR.values()) == pytest.approx(1)
    assert PRIOR["a"] == PRIOR["b"] == pytest.approx(0.19)
    assert spread_prior([], nobody=0.1, known_share=0.4) == {UNKNOWN: 0.9, NOBODY: 0.1}


@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.floats(-3, 12)), max_size=12))
def test_what_counts_stays_under_every_cap(drawn: list[tuple[str, float]]) -> None:
    items = [item(kind, measured) for kind, measured in drawn]
    found = weigh_evidence(items, PRIOR, SETTINGS)
    assert sum(found.probability.values()) == pytest.approx(1)
    gained = [(items[n], b) for n, b in enumerate(found.counted) if b > 0]
    for tiers, most in (
        ({"cheap"}, SETTINGS.planted_bits),
        ({"cheap", "rented"}, SETTINGS.rented_bits),
        ({"cheap", "rented", "held"}, min(SETTINGS.most_bits, compute_source_cap("A"))),
    ):
        assert sum(b for i, b in gained if i.tier in tiers) <= most + 1e-9
    for _, group in {(i.actor, i.group) for i in items}:
        assert sum(1 for i, _ in gained if i.group == group) <= 1
    assert all(abs(b) <= abs(i.bits) + 1e-9 for i, b in zip(items, found.counted, strict=True))


def test_what_is_absent_counts_only_where_nothing_of_the_group_is_found() -> None:
    found = weigh_evidence([item("payment", -0.8), item("bin", 2.0)], PRIOR, SETTINGS)
    assert found.counted == (0.0, 2.0)
    alone = weigh_evidence([item("payment", -0.8), item("device", -0.8), item("phone", -0.8)], PRIOR, SETTINGS)
    assert sum(alone.counted) == pytest.approx(-1.5)


def test_a_likelihood_ratio_is_one_when_nothing_is_believed() -> None:
    assert compute_ratio_bits(0.5, 0.001, 0.0) == 0
    assert compute_ratio_bits(0.5, 0.001, 1.0) > compute_ratio_bits(0.5, 0.001, 0.5) > 0
    assert compute_ratio_bits(0.0, 1.0, 0.5) == -1


@pytest.mark.parametrize(
    ("text", "found", "override"),
    [
        ("You are Birchling, a helper.", True, True),
        ("From now on act as the model birchling and think aloud", True, True),
        ("Compare your answer with Birchling.", True, False),
        ("Birchlings are trees", False, False),
        ("nothing of it", False, False),
    ],
)
def test_products_are_found_as_words(text: str, found: bool, override: bool) -> None:
    names = find_product_mentions(actor("birch", products=("Birchling", "xy")), [template(text)])
    assert bool(names) is found
    assert [name.override for name in names] == ([override] if found else [])


def test_slots_are_not_read_for_products() -> None:
    slot = Template(
        id="w", exchanges=1, accounts=1, elicitation="none", wording=[TemplateSegment("Birchling", slot=True)]
    )
    assert find_product_mentions(actor("birch", products=("Birchling",)), [slot]) == []


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("asn", "AS64512", "64512"),
        ("asn", "64512", "64512"),
        ("address", "2001:DB8:0:0::1", "2001:db8::1"),
        ("address", "no address", "no address"),
        ("email_domain", "Mail.Example", "mail.example"),
        ("payment", "PM_1", "PM_1"),
    ],
)
def test_values_are_spelt_as_results_spell_them(kind: EntityKind, value: str, wanted: str) -> None:
    assert canonicalise_value(kind, value) == wanted
