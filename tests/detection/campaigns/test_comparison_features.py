"""What distinguishes accounts, and the same of a part of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.crowds import coded, compared, linked, mask, operator, population, strangers, traits
from hydrometer.detection.campaigns.comparison_features import build_comparison_features
from hydrometer.detection.campaigns.kernels.code_kernels import count_orgs_by_code


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 5)), min_size=1, max_size=40), st.data())
@settings(max_examples=60)
def test_an_organisation_counts_once_at_a_value(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    org, code = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), dtype=np.bool_)
    whole = traits(org.tolist(), [coded("bin", code.tolist(), org.tolist())] if code.max() >= 0 else [])
    counts = count_orgs_by_code(whole.order_by_org(chosen), org, code, 6)
    for value in range(6):
        assert counts[value] == len({int(o) for o, v, c in zip(org, code, chosen, strict=True) if c and v == value})


def test_a_part_keeps_the_counts_of_everybody() -> None:
    org = [0, 1, 2, 3, 4, 4]
    whole = traits(
        org,
        [coded("bin", [0, 0, 1, 2, -1, 2], org), coded("start", [0, 1, 2, 3, 4, 4], org, family="timing", near=True)],
        [linked("address", [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 2)], org)],
    )
    part = whole.only(mask(6, [0, 3, 4]))
    assert part.size == 3
    assert part.total_orgs == whole.total_orgs
    # Organisations are numbered anew, accounts keep their order.
    assert part.org.tolist() == [0, 1, 2]
    assert part.numbers.tolist() == [0, 3, 4]
    card, start = part.coded
    assert card.coded_orgs == whole.coded[0].coded_orgs
    # Account 0 shows a batch of two organisations, account 3 one of two; account 4 shows none.
    assert [float(card.orgs[code]) if code >= 0 else None for code in card.code] == [2.0, 2.0, None]
    assert start.orgs.tolist() == whole.coded[1].orgs.tolist()
    assert start.code.tolist() == [0, 3, 4]
    (address,) = part.multi_valued
    # Of the three only two meet at a value; what the third shows nobody else here does, but it counts.
    assert address.number.tolist() == [1, 1, 1]
    assert address.offsets.tolist() == [0, 0, 1, 2]
    assert [float(address.orgs[value]) for value in address.value] == [2.0, 2.0]


def test_a_part_of_a_part_is_the_part() -> None:
    rng = np.random.default_rng(1)
    whole = build_comparison_features(population(strangers(rng, 60) + operator(rng, 8, name="hydra")))
    twice = whole.only(mask(68, range(10, 68))).only(mask(58, range(40, 58)))
    once = whole.only(mask(68, range(50, 68)))
    for one, other in zip(once.coded, twice.coded, strict=True):
        assert one.name == other.name
        assert one.code.tolist() == other.code.tolist()
        assert one.orgs.tolist() == other.orgs.tolist()
    for one_link, other_link in zip(once.multi_valued, twice.multi_valued, strict=True):
        assert one_link.offsets.tolist() == other_link.offsets.tolist()
        assert one_link.value.tolist() == other_link.value.tolist()
        assert one_link.number.tolist() == other_link.number.tolist()
        assert one_link.orgs.tolist() == other_link.orgs.tolist()


def test_unknown_numbers_have_no_code() -> None:
    rng = np.random.default_rng(2)
    people = population(strangers(rng, 40))
    people.facts["output_tokens"][:30] = np.arange(30)
    (output,) = [trait for trait in build_comparison_features(people).coded if trait.name == "output"]
    assert (output.code[:30] >= 0).all()
    assert (output.code[30:] == -1).all()
    assert np.all(np.diff(output.code[:30]) >= 0)


def test_what_no_column_holds_is_no_trait() -> None:
    rng = np.random.default_rng(3)
    names = {trait.name for trait in build_comparison_features(population(strangers(rng, 40))).coded}
    assert "output" not in names
    assert {"bin", "phone", "start", "volume"} <= names


def test_a_popular_text_is_no_wording_of_ones_own() -> None:
    """Around a template stand many contents; a text in many hands repeats its one."""
    rng = np.random.default_rng(4)
    people = operator(rng, 6, name="hydra")
    repeated = population([replace(p, sent=[replace(s, prompt=77) for s in p.sent]) for p in people])
    assert compared(population(people)).multi_valued[-1].value.size == 6
    assert compared(repeated).multi_valued[-1].number.sum() == 0


def test_a_family_left_out_describes_nobody() -> None:
    people = population(operator(np.random.default_rng(3), 8, name="hydra"))
    whole, part = build_comparison_features(people), build_comparison_features(people, ("identity", "content"))
    families = {t.family for t in whole.coded} | {link.family for link in whole.multi_valued}
    assert families - {t.family for t in part.coded} - {link.family for link in part.multi_valued} == {
        "identity",
        "content",
    }
    assert part.size == whole.size
