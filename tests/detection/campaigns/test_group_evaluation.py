"""Groups are tested once in a view, no further than it takes, and nobody is carried by the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixtures.crowds import HYDRA, HydraEvidence, evidence, mask, operator, population, strangers, views_of
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.group_evaluation import GroupEvaluator
from hydrometer.detection.campaigns.group_scoring import ScoringRules
from hydrometer.detection.campaigns.score_calibration import FULL, load_calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract.result_records import Evidence
    from hydrometer.detection.campaigns.peeled_views import PeeledViews
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools

RULES = ScoringRules(CampaignSettings(), load_calibration(), FULL)


class CountedEvidence(HydraEvidence):
    """The hydra's evidence; what was tested is counted, and only some of its accounts show the operation themselves."""

    def __init__(self, shown: int = HYDRA, *, operation: float = 12.0) -> None:
        self.calls: list[bool] = []
        self._shown, self._operation = shown, operation

    def __call__(self, group: AccountGroup, costly: bool) -> list[Evidence]:
        self.calls.append(costly)
        strong = [item for item in super().__call__(group, costly) if item.kind != "operation"]
        if strong and not costly and self._operation:
            strong.append(evidence("one work queue", self._operation, kind="operation", family="timing"))
        return strong

    def describe_members(self, group: AccountGroup, evidence: Sequence[Evidence]) -> dict[int, list[str]]:
        """Say nothing of single members."""
        return {}

    def mask_showing(self, group: AccountGroup, evidence: Sequence[Evidence]) -> Bools:
        return super().mask_showing(group, evidence) & (np.arange(group.population.size) < self._shown)


def crowd() -> PeeledViews:
    rng = np.random.default_rng(1)
    return views_of(population([*operator(rng, HYDRA, name="hydra"), *strangers(rng, 150)]))


def evaluator_of(signals: HydraEvidence, views: PeeledViews) -> GroupEvaluator:
    return GroupEvaluator(views, signals, RULES, SilentProgress())


def test_a_group_is_tested_once_in_a_view() -> None:
    views, signals = crowd(), CountedEvidence()
    evaluator = evaluator_of(signals, views)
    hydra = mask(views.population.size, range(HYDRA))
    first = evaluator.evaluate(hydra)
    assert first.likelihood >= CampaignSettings().report_probability
    assert signals.calls == [False, True]
    assert evaluator.evaluate(hydra.copy()) is first
    assert evaluator.test_count == signals.number
    # Others are convicted: everybody is another, and what was found is tested anew.
    views.convict(mask(views.population.size, range(HYDRA, HYDRA + 10)))
    evaluator.evaluate(hydra)
    assert len(signals.calls) == 4
    # Its own conviction takes nobody out of its null.
    views.convict(hydra)
    evaluator.evaluate(hydra)
    assert len(signals.calls) == 4


def test_what_nothing_can_make_a_campaign_is_tested_no_further() -> None:
    views, signals = crowd(), CountedEvidence()
    evaluation = evaluator_of(signals, views).evaluate(mask(views.population.size, range(60, 90)))
    assert signals.calls == [False]
    assert evaluation.likelihood < RULES.settings.report_probability


def test_a_community_is_tested_to_the_end_for_it_may_be_watched() -> None:
    """Without any operation no harvest makes a campaign, yet whether it harvests decides between a watch and nothing."""
    views, signals = crowd(), CountedEvidence(operation=0.0)
    evaluator = evaluator_of(signals, views)
    hydra = mask(views.population.size, range(HYDRA))
    evaluation = evaluator.evaluate(hydra)
    assert evaluation.likelihood < RULES.settings.report_probability
    assert [item.kind for item in evaluation.evidence if item.axis == "coordination"] == ["affiliation"]


def test_who_does_not_show_the_operation_itself_is_no_member() -> None:
    views = crowd()
    hydra = mask(views.population.size, range(HYDRA))
    kept = evaluator_of(CountedEvidence(shown=18), views).keep_operated(hydra)
    assert np.nonzero(kept)[0].tolist() == list(range(18))


def test_who_shows_it_outside_the_group_does_not_join_by_it() -> None:
    views = crowd()
    most = mask(views.population.size, range(3, HYDRA))
    kept = evaluator_of(CountedEvidence(), views).keep_operated(most)
    assert np.nonzero(kept)[0].tolist() == list(range(3, HYDRA))


def test_where_no_operation_is_established_nobody_stays() -> None:
    views = crowd()
    hydra = mask(views.population.size, range(HYDRA))
    assert not evaluator_of(CountedEvidence(operation=0.0), views).keep_operated(hydra).any()


def test_of_nobody_nobody_stays() -> None:
    views = crowd()
    assert not evaluator_of(CountedEvidence(), views).keep_operated(mask(views.population.size, ())).any()
