"""Recognises a campaign's next account by its first requests: by the campaign's template, by several short ones, or by
values that only its accounts show.

What was found is turned into a probability by Bayes' rule, campaign by campaign: the prior is the campaign's share of
all accounts, and each independent kind of value counts by how much likelier a member shows it than a stranger.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hydrometer.contract import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydrometer.contract import RecognitionThresholds, SnapshotCampaign, SnapshotEntity, SnapshotTemplate
    from hydrometer.enforcement.snapshots.template_matcher import TemplateMatch

GROUPS: Mapping[str, str] = {
    EntityKind.ADDRESS: "place",
    EntityKind.NETWORK: "place",
    EntityKind.ASN: "place",
    EntityKind.SIGNUP_NETWORK: "place",
    EntityKind.JA4: "client",
    EntityKind.USER_AGENT: "client",
    EntityKind.TOOLS: "client",
    EntityKind.PAYMENT: "card",
    EntityKind.BIN: "card",
    EntityKind.DEVICE: "device",
    EntityKind.PHONE: "phone",
    EntityKind.EMAIL_DOMAIN: "mail",
    EntityKind.EMAIL_SHAPE: "mail",
    EntityKind.EMAIL_LENGTH: "mail",
    EntityKind.SIGNUP_DAY: "day",
    EntityKind.END_USER: "users",
    EntityKind.SESSION: "users",
    "templates": "template",
}
"""Kinds of one group depend on each other: a group counts once."""
MEMBERS_CARRY = 0.5
"""Share of a campaign's exchanges that is taken to carry one of its templates."""
NO_POPULATION_PRIOR = 1e-4
"""The campaign's share of all accounts where their number is not known."""
TELLING, TELLING_OF_CLIENTS = math.log(20), math.log(100)
"""A group of kinds that says less does not count as one of the two that must speak; and what it must say where the two are the
place and the client, since the customers of one place often use one client."""
ALIKE = 0.1
"""Share of the strangers who often say one of a campaign's templates that is taken to say a second one as often: they may
work with the same tool, or from the same book."""
UNSEEN = 0.5
"""Accounts that are added to what was counted: the error is to speak for the account."""


class SharedValue(NamedTuple):
    """A value that a campaign's accounts show."""

    kind: str
    campaign: int
    log_ratio: float
    """Natural logarithm of how much likelier a member shows it than a stranger."""
    alone: bool = False
    """Whether it recognises an account without anything else."""


class SuccessorJudgement(NamedTuple):
    """A campaign that an account seems to belong to."""

    campaign: int
    probability: float
    why: str


class SuccessorRecogniser:
    """Judges what an account shares with campaigns."""

    def __init__(
        self,
        campaigns: Sequence[SnapshotCampaign],
        entities: Iterable[SnapshotEntity],
        templates: Sequence[SnapshotTemplate],
        population: int,
        settings: RecognitionThresholds,
    ) -> None:
        self._campaigns, self._settings = campaigns, settings
        self._prior = [
            _compute_log_odds(c.accounts / population if population else NO_POPULATION_PRIOR) for c in campaigns
        ]
        self._values: dict[str, dict[str, list[SharedValue]]] = {}
        entities = list(entities)
        chance: dict[tuple[str, int], float] = {}
        for entity in entities:
            pair = entity.kind, entity.campaign
            chance[pair] = chance.get(pair, 0.0) + _estimate_strangers_share(entity, campaigns, population)
        for entity in entities:
            members = max(campaigns[entity.campaign].accounts, entity.accounts)
            ratio = (
                (entity.accounts + UNSEEN) / (members + 1) / _estimate_strangers_share(entity, campaigns, population)
            )
            # A campaign of many networks meets every customer in one of them: no value says more than that any of its
            # kind is met.
            ratio = min(ratio, 1 / chance[entity.kind, entity.campaign])
            if ratio > 1:
                shared_value = SharedValue(entity.kind, entity.campaign, math.log(ratio))
                self._values.setdefault(entity.kind, {}).setdefault(entity.value, []).append(shared_value)
        self._templates = templates
        self._common_hashes = _count_common_hashes(templates)
        self.kinds = tuple(self._values)
        """Kinds of value that there is something to compare with."""

    def values(self, kind: str) -> Mapping[str, list[SharedValue]]:
        """Return, by value of a kind, the campaigns whose accounts show it; an empty value is nobody's."""
        return {value: shared for value, shared in self._values.get(kind, {}).items() if value}

    def shared(self, kind: str, value: str) -> list[SharedValue]:
        """Return the campaigns whose accounts show this value."""
        values = self._values.get(kind)
        return values.get(value, []) if values is not None else []

    def evaluate_template(self, template_match: TemplateMatch) -> SharedValue | None:
        """Return what a carried template says; None where too little of it is carried, or strangers carry it too.

        A short one does not speak alone: a few words in a row are met by chance.
        """
        settings = self._settings
        template = self._accepted_template(template_match, settings.most_background)
        if template is None:
            return None
        ratio = math.log(MEMBERS_CARRY / max(settings.least_background, template.background))
        return SharedValue(
            EntityKind.TEMPLATE, template.campaign, ratio, template_match.hashes >= settings.least_hashes
        )

    def count_own_hashes(self, template_match: TemplateMatch) -> int:
        """Return how many hashes were carried, at least, that no other template of the campaign has; 0 where too little of
        the template is carried, or strangers carry it too."""
        if self._accepted_template(template_match, self._settings.several_background) is None:
            return 0
        return max(0, template_match.hashes - self._common_hashes[template_match.template])

    def _accepted_template(self, template_match: TemplateMatch, most: float) -> SnapshotTemplate | None:
        """Return the template of which enough is carried, None where more than `most` of the strangers' exchanges carry it."""
        if template_match.template < 0 or template_match.share < self._settings.containment:
            return None
        template = self._templates[template_match.template]
        return template if template.background <= most else None

    def evaluate_several_templates(
        self, template_counts: Mapping[int, Sequence[int]], requests: int
    ) -> list[SharedValue]:
        """Return the campaigns of which an account speaks several templates, each often.

        Who meets a few words in a row by chance does so seldom: of strangers' requests, at most `background / share` are of
        accounts that say the template in such a share of them (Markov's inequality).

        Args:
            template_counts: by template, how many requests carried it, and the most hashes that one of them carried as
                `count_own_hashes` has them.
            requests: of the account.
        """
        settings = self._settings
        often = max(settings.several_requests, settings.several_share * requests)
        of_campaign: dict[int, list[int]] = {}
        for template, (times, _) in template_counts.items():
            if times >= often:
                of_campaign.setdefault(self._templates[template].campaign, []).append(template)
        shared = []
        for campaign, templates in of_campaign.items():
            if (
                len(templates) < 2
                or sum(template_counts[template][1] for template in templates) < settings.several_hashes
            ):
                continue
            rarest = min(self._templates[template].background for template in templates)
            rarest = max(settings.least_background, rarest)
            strangers = ALIKE * rarest / max(settings.several_share, rarest)
            # Further templates say nothing more: who has two of them from one place has them all.
            shared.append(SharedValue("templates", campaign, math.log(MEMBERS_CARRY**2 / strangers), alone=True))
        return shared

    def judge(self, shared: Sequence[SharedValue]) -> SuccessorJudgement | None:
        """Return the likeliest campaign, None where nothing is likely enough or one group alone speaks."""
        best: SuccessorJudgement | None = None
        for campaign in sorted({shared_value.campaign for shared_value in shared}):
            groups: dict[str, float] = {}
            kinds: list[str] = []
            alone = False
            mine = [shared_value for shared_value in shared if shared_value.campaign == campaign]
            has_several_templates = any(shared_value.kind == "templates" for shared_value in mine)
            for shared_value in mine:
                if has_several_templates and shared_value.kind == EntityKind.TEMPLATE and not shared_value.alone:
                    continue  # One of the several: what they say together takes its place.
                group = GROUPS.get(shared_value.kind, shared_value.kind)
                groups[group] = max(groups.get(group, 0.0), shared_value.log_ratio)
                alone = alone or shared_value.alone
                if shared_value.kind not in kinds:
                    kinds.append(shared_value.kind)
            if not alone and not _has_enough_groups(groups):
                continue
            odds = self._prior[campaign] + sum(groups.values())
            likely = self._campaigns[campaign].probability / (1 + math.exp(-odds))
            likely = min(likely, self._settings.most_probability)
            if likely >= self._settings.least_probability and (best is None or likely > best.probability):
                best = SuccessorJudgement(campaign, likely, "+".join(kinds))
        return best


def _count_common_hashes(templates: Sequence[SnapshotTemplate]) -> list[int]:
    """Return how many hashes of each template another one of its campaign has too."""
    if not any(template.hashes for template in templates):
        return [0] * len(templates)
    parts = [np.unique(np.asarray(template.hashes, np.int64)) for template in templates]
    owner = np.repeat(np.arange(len(parts)), [part.size for part in parts])
    campaign = np.array([template.campaign for template in templates])[owner]
    values = np.concatenate(parts)
    order = np.lexsort((values, campaign))
    again = (np.diff(values[order]) == 0) & (np.diff(campaign[order]) == 0)
    repeated = np.append(again, False) | np.append(False, again)
    common: list[int] = np.bincount(owner[order][repeated], minlength=len(parts)).tolist()
    return common


def _has_enough_groups(groups: Mapping[str, float]) -> bool:
    """Return whether two groups at least speak, each clearly enough."""
    telling = {group for group, ratio in groups.items() if ratio >= TELLING}
    if telling == {"place", "client"}:
        return min(groups[group] for group in telling) >= TELLING_OF_CLIENTS
    return len(telling) >= 2


def _estimate_strangers_share(entity: SnapshotEntity, campaigns: Sequence[SnapshotCampaign], population: int) -> float:
    """Share of the accounts outside the campaign that show a value."""
    members = max(campaigns[entity.campaign].accounts, entity.accounts)
    strangers = max(0, max(population, entity.population) - members)
    return (max(0, entity.population - entity.accounts) + UNSEEN) / (strangers + 1)


def _compute_log_odds(share: float) -> float:
    share = min(0.5, max(1e-9, share))
    return math.log(share / (1 - share))
