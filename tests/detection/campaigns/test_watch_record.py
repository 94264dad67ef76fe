"""A watch says how many and why, and nothing by which its accounts could be looked up."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace as replace_fields

from fixtures.crowds import demands, evidence, group, mask, operator, population, strangers
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.campaign_harvest import collect_harvest
from hydrometer.detection.campaigns.campaign_record import build_campaign_record
from hydrometer.detection.campaigns.candidate_generation import find_harvesters
from hydrometer.detection.campaigns.group_scoring import GroupJudgement, ScoringRules, judge_group
from hydrometer.detection.campaigns.score_calibration import FULL, load_calibration
from hydrometer.detection.campaigns.watch_record import (
    build_watch_record,
    estimate_suspected_accounts,
    withhold_values,
)

RULES = ScoringRules(CampaignSettings(), load_calibration(), FULL)
COURSE, SILENT = 20, 6
"""Members, the last of whom ask for nothing."""
STATEMENT = "19 of 20 organisations show the card batch (BIN) 453210; 3 elsewhere do."


def judgement_on(*, operation: float = 0.0, seed: str = "everybody who asks for training material") -> GroupJudgement:
    rng = np.random.default_rng(1)
    made = operator(rng, COURSE, name="course")
    made[-SILENT:] = [replace(p, sent=[replace(s, demand=False) for s in p.sent]) for p in made[-SILENT:]]
    people = population([*made, *strangers(rng, 120)])
    shown = [
        replace_fields(evidence("one payer", 12.0), statement=STATEMENT),
        evidence("one site", 12.0),
        evidence("joined together", 12.0),
        demands(18.0),
    ]
    if operation:
        shown.append(evidence("one work queue", operation, kind="operation", family="timing"))
    return judge_group(group(people, range(COURSE)), shown, [], seed, RULES)


def asking(judgement: GroupJudgement) -> np.ndarray:
    """Return the accounts of the population that ask for training material."""
    return find_harvesters(judgement.group.population, CampaignSettings())


def operated(judgement: GroupJudgement, *accounts: int) -> np.ndarray:
    return mask(judgement.group.population.size, accounts)


def test_no_more_are_suspected_than_ask_and_none_for_certain_without_operation() -> None:
    judgement = judgement_on()
    everybody = operated(judgement, *range(COURSE))
    assert estimate_suspected_accounts(judgement, everybody, asking(judgement)) == (0, COURSE - SILENT)


@pytest.mark.parametrize("shown", [0, 5, COURSE])
def test_at_least_those_are_suspected_who_ask_and_show_operation_themselves(shown: int) -> None:
    judgement = judgement_on(operation=5.5)
    least, most = estimate_suspected_accounts(judgement, operated(judgement, *range(shown)), asking(judgement))
    assert (least, most) == (min(shown, COURSE - SILENT), COURSE - SILENT)


def test_who_shows_operation_outside_the_group_is_not_suspected() -> None:
    judgement = judgement_on(operation=5.5)
    assert estimate_suspected_accounts(judgement, operated(judgement, *range(COURSE, 80)), asking(judgement))[0] == 0


def test_what_points_to_accounts_is_left_out() -> None:
    judgement = withhold_values(judgement_on())
    assert judgement.verdict == "watch"
    whole = build_campaign_record(judgement, collect_harvest(judgement.group), "HY-1")
    watch = build_watch_record(whole, judgement, operated(judgement), asking(judgement))
    assert (watch.verdict, watch.id, watch.accounts) == ("watch", "HY-1", COURSE)
    assert whole.exhibit.entities
    assert watch.exhibit.entities == []
    assert watch.exhibit.templates == []
    written = msgspec.json.encode(watch).decode()
    population_ = judgement.group.population
    assert not [name for name in population_.accounts if name in written]
    values = {name for pairs in population_.entities.values() for name in pairs.names if "course" in name}
    assert values
    assert not [value for value in values if value in written]
    assert "453210" not in written


def test_it_says_what_is_suspected_why_it_is_no_more_and_what_would_decide() -> None:
    judgement = judgement_on()
    watch = build_watch_record(
        build_campaign_record(judgement, collect_harvest(judgement.group), "HY-1"),
        judgement,
        operated(judgement),
        asking(judgement),
    )
    suspicion, *reasons = watch.story
    assert f"{COURSE} accounts of {COURSE} organisations" in suspicion
    assert "does not tell one hand from a community" in suspicion
    assert reasons == judgement.reasons
    assert watch.would_decide
    assert watch.innocent_explanation is not None
    assert watch.innocent_explanation.name
    assert watch.suspected_accounts == (0, COURSE - SILENT)


def test_statements_keep_their_numbers_without_the_value() -> None:
    judgement = withhold_values(judgement_on())
    said = {item.statement for item in judgement.evidence}
    assert "19 of 20 organisations show one card batch (BIN); 3 elsewhere do." in said
    assert "The one site agrees." in said
    assert [item.bits for item in judgement.evidence] == [item.bits for item in judgement_on().evidence]


def test_a_seed_that_names_a_value_is_dropped() -> None:
    assert withhold_values(judgement_on(seed="11 organisations share the address 192.0.2.7")).seed == ""
    assert withhold_values(judgement_on()).seed == "everybody who asks for training material"
