"""What an operator asks: the wordings of its demands, and the tasks that it sends them around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.demands.demand_templates import DemandStyle
from hydrometer.lab.simulate.public_templates import draw_public_templates
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray
    from hydrometer.lab.simulate.scenario import OperatorSpec

_HARNESS_DEMANDS = 1 / 3
"""Share of the exchanges through the public harness that carry a demand; the others are the task alone."""


@dataclass(frozen=True, slots=True)
class DemandGroup:
    """The demands of one kind in one language."""

    kind: str
    language: str
    """Empty for that of the phrasebook."""
    prompts: IntArray
    """References to the wordings."""
    personas: IntArray
    """References to a system prompt of each, or NONE."""
    style: DemandStyle
    tool: str

    def draw_templates(self, cohort: CohortBuilder, spec: OperatorSpec, which: IntArray) -> IntArray:
        """Return what stands around the task of each exchange, `which` of the wordings or in its place another."""
        rng, catalogue = cohort.rng, cohort.catalogue
        templates = self.prompts[which]
        if spec.salt:
            templates = catalogue.salt_demands(self.prompts, spec.salt, rng, which)
        if spec.paraphrase:
            source = catalogue.fresh_demands(self.kind, self.tool, self.style, spec.salt)
            afresh = rng.random(len(which)) < spec.paraphrase
            templates = np.where(afresh, catalogue.draw(source, rng, len(which)), templates)
        if spec.harness:
            templates = np.where(rng.random(len(which)) < _HARNESS_DEMANDS, templates, NONE)
        return templates


def make_demand_groups(cohort: CohortBuilder, spec: OperatorSpec) -> list[DemandGroup]:
    """Return the operator's demands; their number is split evenly among the kinds, and the languages of each."""
    languages = spec.languages or ("",)
    each = max(1, spec.wordings // (len(spec.kinds) * len(languages)))
    tool = spec.tool or f"own tool of {spec.name}"
    groups = []
    for kind in spec.kinds:
        for language in languages:
            style = DemandStyle(
                reworded=spec.reworded,
                system=spec.system,
                book=spec.phrasebook,
                frame=spec.frame,
                language=language,
            )
            demands = (
                draw_public_templates(cohort, kind)
                if spec.public_templates
                else cohort.catalogue.make_demands(kind, each, tool, style)
            )
            groups.append(DemandGroup(kind, language, *demands, style, tool))
    return groups


def draw_work_list(cohort: CohortBuilder, spec: OperatorSpec, count: int, accounts: int, language: str) -> IntArray:
    """Return the tasks; if they are swept, no task twice, else each about six times."""
    catalogue = cohort.catalogue
    if spec.sweep:
        source = catalogue.native_tasks(language, sweep=spec.name) if language else catalogue.tasks(sweep=spec.name)
        return catalogue.draw(source, cohort.rng, count)
    seeds = max(20, round(count * spec.accounts / accounts / 6))
    shared = cohort.context.shared_generator(f"seeds of {spec.name} {language}".rstrip())
    source = catalogue.native_tasks(language) if language else catalogue.tasks()
    return cohort.rng.choice(catalogue.draw(source, shared, seeds), count)


def draw_turn_counts(cohort: CohortBuilder, spec: OperatorSpec, kind: str, count: int) -> IntArray | int:
    """Return the messages of each request: many in an agent's episode, else about `spec.turns`, an odd number."""
    if kind == "agentic" or spec.harness:
        return cohort.rng.integers(3, 40, count)
    return 1 + 2 * cohort.rng.poisson((spec.turns - 1) / 2, count) if spec.turns > 1 else 1
