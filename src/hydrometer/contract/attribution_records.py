"""Who is behind a campaign, and how sure that is: what `intelligence/attribution/` says and the report shows.

Two questions are kept apart: who runs the infrastructure, and who gets the outputs.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hydrometer.contract.intel_records import Role

Confidence = Literal["low", "moderate", "high"]
"""How good the basis of a judgement is; another thing than how likely it is."""
QUESTIONS: dict[Role, str] = {"operator": "Who runs the accounts", "beneficiary": "Who gets the outputs"}
"""The question that is asked about each role."""

UNKNOWN, NOBODY = "unknown", "nobody"
"""Ids of the two hypotheses that are always weighed: an actor not in the dossiers, and no common actor."""


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to a question."""

    id: str
    """An actor's id, UNKNOWN, or NOBODY."""
    name: str
    prior: float
    """Probability before any evidence, 0 to 1."""
    probability: float
    """After all evidence, 0 to 1; over a question's hypotheses they sum to 1."""


class AttributionEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the matrix: what was found, and how it speaks of each hypothesis."""

    kind: str
    """Kind of indicator, or timing, releases, product, sighting, earlier_campaign, operator (what is known of who runs the
    accounts, as evidence on who gets the outputs), several_hands (values of two actors on different members)."""
    group: str
    """Evidence of one group depends on each other; a group counts once."""
    statement: str
    bits: dict[str, float]
    """By hypothesis: log2 of the likelihood against UNKNOWN, as it was counted."""
    sources: list[str] = []
    """Names of who says so."""
    note: str = ""
    """Why it counts for less than it seems, if it does."""


class AttributionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one question."""

    question: Role
    conclusion: str
    """The name of an actor, or `not attributed`."""
    probability: float
    """Of the likeliest hypothesis, 0 to 1."""
    likelihood: str
    """ICD 203's word for that probability."""
    confidence: Confidence
    confidence_reasons: list[str]
    hypotheses: list[Hypothesis]
    """The likeliest first."""
    evidence: list[AttributionEvidence]
    """What weighs most first."""
    against: str
    """The strongest evidence against the likeliest hypothesis, in plain words."""
    would_change: list[str]
    """What, if it were found, would change the conclusion."""


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Both answers, or why there are none."""

    status: Literal["attributed", "not attributed"]
    """Attributed when at least one question has a name for an answer."""
    why: str
    answers: list[AttributionAnswer] = []
    dossiers: dict[str, int] = {}
    """How many actors, indicators, … were weighed, and how many were left out, by reason."""


def build_empty_attribution() -> Attribution:
    """Return the attribution of a campaign that no dossiers were given for."""
    return Attribution(status="not attributed", why="no dossiers of known actors were given")
