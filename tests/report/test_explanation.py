"""Why an account or a campaign is in, or why not."""

from __future__ import annotations

import orjson
import pytest

from fixtures.campaign_builders import PLANS
from fixtures.report_builders import Result, result, table
from hydrometer.contract.errors import InputError
from hydrometer.contract.result_records import CONSIDERED, MEMBERS
from hydrometer.report.explanation import SEARCHED, Explanation, explain_account, explain_campaign, find_nearest_ids


@pytest.fixture(scope="module")
def made() -> Result:
    return result()


def items(explanation: Explanation, title: str) -> list[str]:
    found = [section.items for section in explanation.sections if section.title.startswith(title)]
    assert len(found) == 1, [section.title for section in explanation.sections]
    return found[0]


def test_a_campaign_is_explained_by_family_and_against(made: Result) -> None:
    told = explain_campaign(made, PLANS[0].id)
    assert told.verdict.startswith("Almost certain (0.999): 225 accounts harvested 78,176 exchanges (58 % of theirs)")
    families = items(told, "Why it is a campaign")
    assert families[0].startswith("content +35.4 bits: 225 of 225 accounts")
    assert families[0].endswith("(and 2 more)")
    assert len(families) == 5
    assert items(told, "What speaks against it")[0].endswith("carry no demand of it (−2.4 bits)")
    appeal = items(told, "What an appeal")
    assert appeal[0].startswith("without content, its strongest family, +26.4 bits are left")
    assert "114 of 225 members are under 80 % likely" in appeal[1]


def test_a_candidate_that_became_a_campaign_is_that_campaign(made: Result) -> None:
    assert explain_campaign(made, "c-0000") == explain_campaign(made, PLANS[0].id)


def test_a_rejected_group_tells_why_not(made: Result) -> None:
    told = explain_campaign(made, "c-0230")
    assert told.subject == "candidate"
    assert "rejected" in told.verdict
    assert "almost no chance (0.022)" in told.verdict
    assert items(told, "Why it is no campaign") == [
        "An agency’s card: the traffic of its customers has nothing in common."
    ]
    assert "at least two causes must agree" in items(told, "What was missing")[1]


def test_a_member_is_told_its_reasons_its_families_and_what_to_appeal(made: Result) -> None:
    row = made.members.to_pylist()[3]
    told = explain_account(made, row["account_id"])
    assert told.verdict == f"Member of campaign {PLANS[0].id}: almost certain ({row['probability']:.3f})."
    assert told.probability == row["probability"]
    assert items(told, f"Why it is in {PLANS[0].id}")[: len(row["reasons"])] == row["reasons"]
    assert items(told, "How much each family")[0] == f"content +{row['bits_content']:.1f} bits"
    against = items(told, "What speaks against it")
    assert "nothing in intelligence speaks for it" in against
    rest = row["exchanges"] - row["harvested"]
    assert any(line.startswith(f"{rest} of its {row['exchanges']} exchanges (39 %)") for line in against)
    assert items(told, "What an appeal")[0].startswith("content: a framework's default prompt")


def test_a_case_on_one_leg_is_called_that(made: Result) -> None:
    rows = made.members.to_pylist()
    rows[0] |= {f"bits_{family}": 0.1 for family in ("identity", "infrastructure", "timing", "economics")}
    told = explain_account(made.but(members=table(MEMBERS, rows)), rows[0]["account_id"])
    assert items(told, "What an appeal")[0].startswith("the case rests on content alone")


def test_a_neighbour_is_told_what_was_missing(made: Result) -> None:
    told = explain_account(made, "acct_neighbour")
    assert told.verdict == "Member of no campaign. Looked at in 2 candidate groups; belongs, at best: unlikely (0.210)."
    assert told.likelihood == "unlikely"
    why = items(told, "Why not, in group c-0000 (225 accounts")
    assert f"the group became campaign {PLANS[0].id}" in why[0]
    assert why[1] == "comes from 203.0.113.0/24, but sends none of the wordings"
    missing = [section.items for section in told.sections if section.title == "What was missing"]
    assert missing[0][0] == "no evidence of content, identity, timing, economics, intelligence on the account"
    carrier = items(told, "Why not, in group c-0412")
    assert "of the group: The address is seen in 41,203 accounts: it weighs nothing." in carrier


def test_a_member_that_was_also_looked_at_elsewhere_hears_of_both(made: Result) -> None:
    rows = made.considered.to_pylist()
    account = made.members.column("account_id")[0].as_py()
    rows.append(rows[-1] | {"account_id": account})
    told = explain_account(made.but(considered=table(CONSIDERED, rows)), account)
    assert told.verdict.startswith("Member of campaign")
    assert items(told, "Why not, in group c-0412")
    assert not [section for section in told.sections if "group c-0000" in section.title]


def test_an_account_in_no_group_is_told_so(made: Result) -> None:
    told = explain_account(made, "acct_of_nobody")
    assert told.verdict == "Never in any candidate group."
    assert told.probability is None
    assert told.likelihood is None
    said = " ".join(items(told, "Why not"))
    assert "see that the id is written as in the traffic" in said
    assert "tls_contradiction, partner_indicators" in said
    near = " ".join(items(explain_account(made, "acct_neighbor"), "Why not"))
    assert "Nearest ids in this result: acct_neighbour" in near


def test_unknown_ids_are_errors_with_the_nearest(made: Result) -> None:
    with pytest.raises(InputError, match=r"no campaign or candidate group has the id.*Did you mean hydra-7c41e0"):
        explain_campaign(made, "hydra-7c41e1")
    with pytest.raises(InputError, match="no account has the id"):
        explain_account(made, "")


def test_nearest_is_found_among_very_many() -> None:
    many = [f"acct_{n:08d}" for n in range(SEARCHED + 10)]
    assert find_nearest_ids("acct_0004x999", many)[0].startswith("acct_0004")


def test_lines_and_values_tell_the_same(made: Result) -> None:
    told = explain_account(made, "acct_neighbour")
    lines = told.lines()
    assert lines[:2] == ["Account acct_neighbour", told.verdict]
    values = told.to_dict()
    assert orjson.loads(orjson.dumps(values)) == values
    assert values["likelihood"] == "unlikely"
    for section in told.sections:
        assert section.title in lines
        assert all(f"  - {item}" in lines for item in section.items)
