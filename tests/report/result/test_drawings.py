"""The drawings say what the numbers say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.campaign_builders import PLANS, Plan, campaign, entities
from hydrometer.contract.result_records import CandidateGroup
from hydrometer.report.kit.axes import MOST_DAY_COLUMNS, DayAxis, compute_ticks
from hydrometer.report.kit.formatting import compute_log_odds, shorten_text
from hydrometer.report.result import candidate_scatter, heatmap, shared_value_diagram, timeline
from hydrometer.report.result.waterfall import build_steps, draw_waterfall, has_capped_bits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.contract.result_records import Campaign

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314


def classed(drawing: ET.Element, class_: str) -> Iterator[ET.Element]:
    return (node for node in drawing.iter() if class_ in node.get("class", "").split())


def texts(drawing: ET.Element) -> list[str]:
    return ["".join(node.itertext()) for node in drawing.iter(f"{SVG}text")]


def strokes(path: str) -> list[tuple[float, float, float]]:
    return [(float(x), float(y), float(v)) for x, y, v in re.findall(r"M([\d.]+) (-?[\d.]+)v(-?[\d.]+)", path)]


@pytest.fixture(scope="module")
def made() -> Campaign:
    return campaign(PLANS[0])


CALIBRATIONS: tuple[dict[str, object], ...] = (
    {},
    {"prior_bits": -9.3},
    {"family_caps": {"content": 4.0, "harvest": 5.0}},
    {"prior_bits": -9.3, "family_caps": {"content": 16.0}},
)


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_the_waterfall_adds_up_to_the_probability(made: Campaign, calibration: dict[str, object]) -> None:
    drawn = build_steps(made, calibration)
    assert [step.before for step in drawn[1:-1]] == [step.after for step in drawn[:-2]]
    assert drawn[-2].after == pytest.approx(compute_log_odds(made.probability))
    assert drawn[-1].change == pytest.approx(compute_log_odds(made.probability))
    assert sum(step.change for step in drawn[:-1]) == pytest.approx(compute_log_odds(made.probability))
    found = {step.label: step.uncapped_bits for step in drawn}
    assert all(found[evidence.statement] == evidence.bits for evidence in made.evidence)


def test_a_cap_takes_from_the_weaker_evidence(made: Campaign) -> None:
    drawn = build_steps(made, {"family_caps": {"content": 16.0, "harvest": 12.0}})
    content = [step for step in drawn if step.group == "Content"]
    assert [round(step.change, 6) for step in content] == [14.2, 1.8]
    assert [round(step.change, 6) for step in drawn if step.group == "Harvest"] == [11.4, 0.6]
    assert "+1.8 of 9.8" in texts(parsed(draw_waterfall(made, {"family_caps": {"content": 16.0}})))
    assert has_capped_bits(made, {"family_caps": {"content": 16.0}})
    assert not has_capped_bits(made, {})


def test_certainty_is_drawn_within_the_scale(made: Campaign) -> None:
    for probability in (0.0, 1.0):
        sure = msgspec.structs.replace(made, probability=probability)
        parsed(draw_waterfall(sure, {}))
        assert abs(build_steps(sure, {})[-1].change) == pytest.approx(40, abs=0.01)


def test_a_campaign_without_evidence_still_has_a_waterfall(made: Campaign) -> None:
    bare = msgspec.structs.replace(made, evidence=[], counter_evidence=[])
    assert [step.kind for step in build_steps(bare, {})] == ["start", "result"]


@settings(max_examples=25)
@given(st.integers(1, 400))
def test_the_timeline_keeps_every_exchange(days: int) -> None:
    exhibit = campaign(Plan("h", 5, days, 3.0, 0.6, 0.9)).exhibit
    axis = DayAxis.of(exhibit)
    assert axis.columns <= MOST_DAY_COLUMNS
    assert sum(axis.sum_by_column(exhibit.exchanges_by_day)) == sum(exhibit.exchanges_by_day)
    assert axis.column_name(axis.columns - 1).endswith(exhibit.days[-1])
    drawing = parsed(timeline.draw_timeline(exhibit))
    peak = max(axis.sum_by_column(exhibit.exchanges_by_day))
    harvest = next(classed(drawing, "harvest")).get("d", "")
    heights = [-height for _, _, height in strokes(harvest)]
    wanted = [value / peak * timeline.PLOT for value in axis.sum_by_column(exhibit.harvested_by_day) if value]
    assert heights == pytest.approx(wanted, abs=0.06)


def test_releases_are_flagged_without_covering_each_other() -> None:
    releases = [(f"lumen-{n}", f"2026-02-{10 + n // 2:02d}T1{n % 2}:00:00Z") for n in range(6)]
    exhibit = msgspec.structs.replace(
        campaign(PLANS[1]).exhibit, releases=[*releases, ("late", "2027-01-01T00:00:00Z")]
    )
    flags = list(classed(parsed(timeline.draw_timeline(exhibit)), "flag"))
    assert [node.text for node in flags] == [name for name, _ in releases]
    for one in flags:
        for other in flags:
            if one is not other and one.get("y") == other.get("y"):
                width = len(one.text or "") * timeline.LETTER
                left, right = sorted((float(one.get("x", 0)), float(other.get("x", 0))))
                assert right - left >= width or one.get("class") != other.get("class")


def test_the_heat_map_darkens_with_the_count() -> None:
    exhibit = campaign(PLANS[1]).exhibit
    hours = [[0] * 24 for _ in exhibit.days]
    hours[2][3], hours[2][4], hours[5][23] = 70, 69, 1
    drawing = parsed(heatmap.draw_heatmap(msgspec.structs.replace(exhibit, hour_by_day=hours)))
    dark, light = (strokes(next(classed(drawing, level)).get("d", "")) for level in ("h7", "h1"))
    assert dark == [(2.5, 3.0, 2.0)]
    assert light == [(5.5, 23.0, 1.0)]
    assert len(list(classed(drawing, "heat"))) == 2
    told = [node.text for node in drawing.iter(f"{SVG}title")]
    assert f"{exhibit.days[2]}: 139 exchanges, most at 03:00 (70)" in told


def test_the_accounts_are_one_node_however_many(made: Campaign) -> None:
    drawing = parsed(shared_value_diagram.draw_shared_values(made.exhibit.entities, 225, 61_204))
    assert len(list(classed(drawing, "node"))) == 1
    ribbons = list(classed(drawing, "ribbon"))
    assert len(ribbons) == shared_value_diagram.MOST_VALUES_DRAWN
    widths = [float(node.get("stroke-width", 0)) for node in ribbons]
    assert widths[0] == shared_value_diagram.THICKEST == max(widths)
    written = texts(drawing)
    assert "shown by 225 of 225 members (100 %), by 231 of 61,204 accounts" in written
    assert "seen in 41,203 accounts: ignored" in written
    assert len([node for node in classed(drawing, "ribbon") if "ignored" in node.get("class", "")]) == 2


def test_popular_values_never_push_out_all_weighty_ones() -> None:
    common = [msgspec.structs.replace(e, ignored=True, value=str(n)) for n, e in enumerate(entities(50))]
    drawn = shared_value_diagram.select_drawn_values(entities(50) + common)
    assert len(drawn) == shared_value_diagram.MOST_VALUES_DRAWN
    assert sum(e.ignored for e in drawn) == shared_value_diagram.MOST_IGNORED
    assert len(shared_value_diagram.select_drawn_values(common)) == shared_value_diagram.MOST_IGNORED
    assert "ignored" in str(shared_value_diagram.render_undrawn_count(common))
    assert shared_value_diagram.render_undrawn_count(entities(50, many=False)) is None


def group(number: int, verdict: str = "rejected", coordination: float = 0.9, harvest: float = 0.9) -> CandidateGroup:
    return CandidateGroup(
        id=f"c-{number:04d}",
        verdict=verdict,
        accounts=number + 2,
        organisations=2,
        exchanges=10,
        coordination=coordination,
        harvest=harvest,
        probability=0.5,
        seed="",
        reasons=[],
    )


def test_names_on_the_plane_do_not_cover_each_other() -> None:
    crowd = [group(n, "campaign", coordination=0.9 + n / 200, harvest=0.97) for n in range(16)]
    drawing = parsed(candidate_scatter.draw_candidate_scatter(crowd, {}))
    boxes = []
    for node in classed(drawing, "label"):
        x, y, width = float(node.get("x", 0)), float(node.get("y", 0)), len(node.text or "") * candidate_scatter.LETTER
        left = x - width if "end" in node.get("class", "") else x
        boxes.append((left, left + width, y))
    assert len(boxes) >= 10
    for index, (left, right, y) in enumerate(boxes):
        assert left >= candidate_scatter.LEFT
        assert right <= candidate_scatter.RIGHT + 1
        assert all(
            right <= start or end <= left or abs(y - v) >= candidate_scatter.LINE - 0.2
            for start, end, v in boxes[index + 1 :]
        )


def test_a_crowd_of_groups_is_drawn_whole() -> None:
    crowd = [group(n, harvest=n / 3_000) for n in range(3_000)]
    drawing = parsed(candidate_scatter.draw_candidate_scatter(crowd, {}))
    dots = next(classed(drawing, "dots")).get("d", "").count("M")
    assert len(list(classed(drawing, "mark"))) + dots == 3_000
    assert "2,200 smallest groups as dots" in str(candidate_scatter.render_scatter_legend(crowd))


def test_scores_beyond_one_are_drawn_on_their_own_scale() -> None:
    drawing = parsed(
        candidate_scatter.draw_candidate_scatter(
            [group(1, coordination=41.5, harvest=-3.0)], {"coordination": 14, "harvest": 7}
        )
    )
    mark = next(classed(drawing, "mark"))
    assert candidate_scatter.LEFT < float(mark.get("cx", 0)) < candidate_scatter.RIGHT
    assert candidate_scatter.TOP < float(mark.get("cy", 0)) < candidate_scatter.FLOOR
    assert any("bits" in text for text in texts(drawing))


@settings(max_examples=80)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 10))
def test_ticks_are_round_and_inside(low: float, span: float, about: int) -> None:
    values = compute_ticks(low, low + span, about)
    assert len(values) <= about + 2
    assert all(low - span * 1e-3 - 1e-6 <= value <= low + span * 1.001 + 1e-6 for value in values)
    assert values == sorted(set(values))


def test_texts_are_cut_with_an_ellipsis() -> None:
    assert shorten_text("abcdef", 6) == "abcdef"
    assert shorten_text("abcdefg", 6) == "abcde…"
