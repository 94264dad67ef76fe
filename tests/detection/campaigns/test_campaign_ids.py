"""Ids that last."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.detection.campaigns.campaign_ids import assign_campaign_ids

MEMBERS = [f"acct_{number}" for number in range(20)]


def named(*groups: list[str], earlier: dict[str, set[str]] | None = None) -> list[str]:
    return assign_campaign_ids(list(groups), [group[0] for group in groups], earlier or {})


def test_a_new_campaign_has_the_id_of_its_first_member() -> None:
    (name,) = named(MEMBERS)
    assert re.fullmatch(r"HY-[0-9a-f]{8}", name)
    assert named(MEMBERS[:5]) == [name]
    assert named(MEMBERS[1:]) != [name]


def test_a_campaign_that_shares_members_with_an_earlier_one_is_that_one() -> None:
    assert named(MEMBERS[5:], earlier={"HY-old": set(MEMBERS[:12])}) == ["HY-old"]


def test_a_few_common_members_make_no_old_campaign() -> None:
    assert named(MEMBERS[5:], earlier={"HY-old": set(MEMBERS[:7])}) != ["HY-old"]


def test_of_two_parts_the_likelier_keeps_the_id_and_the_other_gets_a_new_one() -> None:
    names = named(MEMBERS[:7], MEMBERS[7:], earlier={"HY-old": set(MEMBERS)})
    assert names[1] == "HY-old"
    assert names[0] not in {"HY-old", ""}


def test_of_two_that_became_one_the_likelier_id_stays() -> None:
    assert named(MEMBERS, earlier={"HY-few": set(MEMBERS[:7]), "HY-most": set(MEMBERS[7:])}) == ["HY-most"]


def test_two_campaigns_with_one_first_member_still_differ() -> None:
    names = assign_campaign_ids([MEMBERS[:4], MEMBERS[4:8]], ["acct_0", "acct_0"], {})
    assert len(set(names)) == 2


def test_a_new_campaign_never_takes_an_earlier_ones_id() -> None:
    (fresh,) = named(MEMBERS[:6])
    names = named(MEMBERS[10:], MEMBERS[:6], earlier={fresh: set(MEMBERS[10:])})
    assert names[0] == fresh
    assert names[1] != fresh


@given(
    st.lists(st.sets(st.sampled_from(MEMBERS), min_size=1), max_size=5),
    st.dictionaries(st.sampled_from(["HY-a", "HY-b", "HY-c"]), st.sets(st.sampled_from(MEMBERS)), max_size=3),
)
@settings(max_examples=60)
def test_every_campaign_has_an_id_of_its_own(groups: list[set[str]], earlier: dict[str, set[str]]) -> None:
    listed = [sorted(group) for group in groups]
    names = assign_campaign_ids(listed, [group[0] for group in listed], earlier)
    assert len(set(names)) == len(groups)
    assert all(names)
    assert assign_campaign_ids(listed, [group[0] for group in listed], earlier) == names
