"""What the report says of who may be behind a campaign."""

from __future__ import annotations

from fixtures.campaign_builders import attributed
from fixtures.page_reader import read
from fixtures.report_builders import result
from hydrometer.contract.attribution_records import build_empty_attribution
from hydrometer.report.result.attribution_section import describe_attribution
from hydrometer.report.result.result_page import render_result_page


def test_each_question_has_its_likelihood_confidence_matrix_and_what_speaks_against() -> None:
    text = read(render_result_page(result())).text
    for part in (
        "Who runs the accounts",
        "Grey Heron: very likely (0.910), moderate confidence.",
        "Who gets the outputs",
        "not attributed; likeliest is an actor not in the dossiers, likely (0.550), low confidence.",
        "strongest evidence against",
        "The wording names another actor's product.",
        "what would change it",
        "An instrument of another actor's on these accounts.",
        "before any evidence",
        "+9.2",
        "−3.0",
        "Anybody can write a name: capped.",
        "Weighed: 2 actors, 41 indicators, 3 expired.",
    ):
        assert part in text, part


def test_the_same_is_told_in_plain_lines() -> None:
    lines = describe_attribution(attributed())
    assert lines[1] == "Who runs the accounts: Grey Heron: very likely (0.910), moderate confidence."
    assert "Against it: The wording names another actor's product." in lines
    assert describe_attribution(build_empty_attribution()) == ["no dossiers of known actors were given"]
