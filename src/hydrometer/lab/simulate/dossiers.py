"""Dossiers on the operators of a simulated world: what somebody knew of them before, and every way to know wrongly.

One set of dossiers is drawn for one campaign of a world, in one of several circumstances. The values that a dossier shares
with the campaign are the operator's own, of the truth of the world; all others are made up.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, get_args

import msgspec
import numpy as np

from hydrometer.contract import NOBODY, UNKNOWN, Actor, Dossiers, EntityKind, WorkingHours
from hydrometer.lab.simulate.intel_reports import DossierBuilder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydrometer.lab.simulate.intel_reports import Grade, IntelReport

Circumstance = Literal["known", "missing", "pool", "flag", "rented_flag", "flag_on_known", "stale", "poisoned"]
"""`known`: the operator has a dossier. `missing`: it has none, and nobody points to anybody. `pool`: several labs rent the
accounts, and their dossiers share its infrastructure. `flag`: the operator has no dossier and shows what another is known
by, all that is cheap; `rented_flag`: and rents its addresses too; `flag_on_known`: the same by one that has a dossier.
`stale`: another held the same infrastructure long ago. `poisoned`: a feed that is not to be believed names a rival."""
CIRCUMSTANCES: tuple[Circumstance, ...] = get_args(Circumstance)

OVERLAP: Mapping[EntityKind, float] = {
    EntityKind.PAYMENT: 0.45,
    EntityKind.DEVICE: 0.35,
    EntityKind.PHONE: 0.3,
    EntityKind.BIN: 0.5,
    EntityKind.ADDRESS: 0.5,
    EntityKind.NETWORK: 0.5,
    EntityKind.SIGNUP_NETWORK: 0.3,
    EntityKind.EMAIL_DOMAIN: 0.6,
    EntityKind.EMAIL_SHAPE: 0.6,
    EntityKind.JA4: 0.5,
    EntityKind.USER_AGENT: 0.6,
    EntityKind.TEMPLATE: 0.4,
}
"""Chance that an operator uses values of a kind again that its dossier holds."""
CHEAP_KINDS: tuple[EntityKind, ...] = (
    EntityKind.EMAIL_DOMAIN,
    EntityKind.EMAIL_SHAPE,
    EntityKind.JA4,
    EntityKind.USER_AGENT,
)
LOCATION_KINDS: tuple[EntityKind, ...] = (EntityKind.ADDRESS, EntityKind.NETWORK)
IDENTITY_KINDS: tuple[EntityKind, ...] = (EntityKind.PAYMENT, EntityKind.DEVICE, EntityKind.PHONE)
ZONES = ("Asia/Shanghai", "Asia/Singapore", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
STAFFED = 0.3
"""Share of the campaigns that people run in their working hours."""


class SimulatedCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as its world knows it."""

    operator: str
    values: dict[str, dict[str, dict[str, int]]]
    """By operator of the world, kind and value: accounts that show it."""
    template_hashes: list[list[int]]
    """Hashes of its demands, as the campaign was found with them."""
    beneficiaries: list[str]
    """Who gets this operator's outputs."""
    begins: datetime
    ends: datetime


class LabelledDossiers(msgspec.Struct, frozen=True, kw_only=True):
    """Dossiers, and the truth that they are to be held against."""

    dossiers: Dossiers
    operator: str
    """The actor that runs the campaign, or UNKNOWN where the dossiers lack it."""
    beneficiary: str
    """The actor that gets the outputs, UNKNOWN, or NOBODY where several do."""
    rival: str = ""
    """Whom flags, feeds or old records point to."""
    named_product: str = ""
    """Product that the wording of the campaign names."""
    staffed: WorkingHours | None = None
    """Hours in which the campaign's people work, if it is run by people."""


def make_dossiers(campaign: SimulatedCampaign, circumstance: Circumstance, seed: int) -> LabelledDossiers:
    """Draw the dossiers of a circumstance; the same campaign, circumstance and seed give the same."""
    rng = np.random.default_rng([seed, CIRCUMSTANCES.index(circumstance), _derive_seed(campaign.operator)])
    return _DossierDraw(campaign, circumstance, rng).draw()


def _derive_seed(text: str) -> int:
    return int.from_bytes(text.encode()[-6:], "big")


class _DossierDraw:
    """One set of dossiers while it is drawn."""

    def __init__(self, campaign: SimulatedCampaign, circumstance: Circumstance, rng: np.random.Generator) -> None:
        self.campaign, self.circumstance, self.rng = campaign, circumstance, rng
        self.builder = DossierBuilder(rng, campaign.begins)
        self.shared = len(campaign.beneficiaries) > 1 or circumstance == "pool"
        """Whether several get the outputs."""
        self.for_itself = not self.shared and self.chance(0.75)
        """Whether the operator gathers for itself."""

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def draw(self) -> LabelledDossiers:
        has_dossier = self.circumstance in ("known", "flag_on_known", "poisoned") or (
            self.circumstance in ("pool", "stale") and self.chance(0.5)
        )
        staffed = self._draw_hours() if self.chance(STAFFED) else None
        labs = [self._draw_lab(n) for n in range(6)]
        truth = self.builder.actor(
            "crew",
            roles=("operator", "beneficiary") if self.for_itself else ("operator",),
            hours=staffed or self._draw_hours(),
        )
        if self.for_itself:
            truth = self._add_releases(truth, soon=True)
        served = labs[0] if not self.shared and not self.for_itself and self.chance(0.6) else None
        rival = labs[1]
        if served is not None:
            labs[0] = self._add_releases(served, soon=True)
        actors = [*labs, *([truth] if has_dossier else [])]
        if has_dossier:
            self._record_earlier_campaign(truth)
        named_product = ""
        if served is not None and self.chance(0.15):
            named_product = labs[0].products[0]
        if self.circumstance == "pool":
            self._record_pool(labs[2:5])
        if self.circumstance in ("flag", "rented_flag", "flag_on_known"):
            named_product, labs[1] = rival.products[0], self._imitate_rival(rival, staffed)
            actors[1] = labs[1]
        if self.circumstance == "stale":
            self._record_former_infrastructure(rival)
        if self.circumstance == "poisoned":
            self._record_false_feed(rival)
        for lab in labs:
            self._record_own_indicators(lab)
        beneficiary = NOBODY if self.shared else UNKNOWN
        if self.for_itself and has_dossier:
            beneficiary = truth.id
        if served is not None:
            beneficiary = served.id
        pointed = self.circumstance in ("flag", "rented_flag", "flag_on_known", "stale", "poisoned")
        return LabelledDossiers(
            dossiers=self.builder.build(actors),
            operator=truth.id if has_dossier else UNKNOWN,
            beneficiary=beneficiary,
            rival=rival.id if pointed else "",
            named_product=named_product,
            staffed=staffed,
        )

    def _draw_hours(self) -> WorkingHours:
        return WorkingHours(timezone=ZONES[int(self.rng.integers(len(ZONES)))], start=9, end=20)

    def _draw_lab(self, number: int) -> Actor:
        """A lab that runs accounts for itself, with products, releases and hours of its own."""
        lab = self.builder.actor(
            f"lab{number}",
            roles=("operator", "beneficiary"),
            hours=self._draw_hours(),
            products=(f"Model{number} Prime",),
        )
        return self._add_releases(lab, soon=False)

    def _add_releases(self, actor: Actor, *, soon: bool) -> Actor:
        """Give an actor releases over two years, and perhaps one into which this harvest goes."""
        days = [float(d) for d in self.rng.uniform(-365, 365, int(self.rng.integers(1, 5)))]
        if soon and self.chance(0.6):
            days.append((self.campaign.ends - self.campaign.begins).days + float(self.rng.uniform(3, 30)))
        return msgspec.structs.replace(actor, releases=self.builder.releases(days))

    def _operator_values(self, kind: EntityKind) -> list[str]:
        """The operator's values of a kind, those of most accounts first."""
        accounts_by_value = self.campaign.values.get(self.campaign.operator, {}).get(kind, {})
        return sorted(accounts_by_value, key=lambda value: (-accounts_by_value[value], value))

    def _sample_values(self, kind: EntityKind, least: float, most: float) -> list[str]:
        """A share of the operator's values, most of them among those that many accounts show."""
        values = self._operator_values(kind)
        count = min(12, max(1, round(len(values) * float(self.rng.uniform(least, most))))) if values else 0
        head = values[: max(count, len(values) // 2)]
        return [head[i] for i in sorted(self.rng.permutation(len(head))[:count].tolist())]

    def _record_earlier_campaign(self, truth: Actor) -> None:
        """What an earlier campaign of the operator left in its dossier: some of it is in use again, some is not."""
        reports = self.builder.reports(truth, int(self.rng.integers(1, 3)))
        for kind, share in OVERLAP.items():
            if kind == EntityKind.TEMPLATE:
                continue
            again = self._sample_values(kind, 0.05, 0.4) if self.chance(share) else []
            for value in (*again, *self.builder.invent_values(kind, int(self.rng.integers(0, 8)))):
                lasting = kind in LOCATION_KINDS and self.chance(0.3)
                self.builder.record_indicator(kind, value, reports, last_used=(0.2, 2.5) if lasting else (1, 60))
        if self.chance(OVERLAP[EntityKind.TEMPLATE]):
            self._record_templates(reports)

    def _record_templates(self, reports: list[IntelReport]) -> None:
        """Record half of the demands, each with most of its hashes."""
        for number, hashes in enumerate(self.campaign.template_hashes[: (len(self.campaign.template_hashes) + 1) // 2]):
            kept = [value for value in hashes if self.chance(0.85)]
            self.builder.record_template(number, kept, reports)

    def _record_own_indicators(self, lab: Actor) -> None:
        """What others are known by; a part of it is what everybody shows, as careless analysts record it."""
        reports = self.builder.reports(lab, 1)
        for kind in (*CHEAP_KINDS, *LOCATION_KINDS, *IDENTITY_KINDS, EntityKind.BIN):
            for value in self.builder.invent_values(kind, int(self.rng.integers(0, 6))):
                self.builder.record_indicator(kind, value, reports, last_used=(1, 90))
        if self.chance(0.3):
            for kind in CHEAP_KINDS:
                self.builder.record_indicator(kind, self._most_common_value(kind), reports, last_used=(1, 90))

    def _most_common_value(self, kind: EntityKind) -> str:
        """The value of a kind that most accounts of all operators show."""
        counts: dict[str, int] = {}
        for kinds in self.campaign.values.values():
            for value, accounts in kinds.get(kind, {}).items():
                counts[value] = counts.get(value, 0) + accounts
        return max(sorted(counts), key=lambda value: counts[value]) if counts else "none"

    def _record_pool(self, tenants: Sequence[Actor]) -> None:
        """The pool's infrastructure, seen with each of its tenants."""
        reports = [self.builder.report(self.builder.own_source, tuple(lab.id for lab in tenants))]
        for kind in (*LOCATION_KINDS, EntityKind.PAYMENT):
            for value in self._sample_values(kind, 0.1, 0.5):
                self.builder.record_indicator(kind, value, reports, last_used=(1, 30))

    def _imitate_rival(self, rival: Actor, staffed: WorkingHours | None) -> Actor:
        """Record of a rival what the operator imitates, and return the rival with the hours that are kept for it."""
        reports = [self.builder.report(self.builder.own_source, (rival.id,))]
        for kind in CHEAP_KINDS:
            for value in self._sample_values(kind, 0.5, 1.0)[:4]:
                self.builder.record_indicator(kind, value, reports, last_used=(1, 90))
        if self.circumstance == "rented_flag":
            near = self.chance(0.3)
            for kind in LOCATION_KINDS:
                for value in self._sample_values(kind, 0.3, 0.9):
                    self.builder.record_indicator(kind, value, reports, last_used=(0.2, 3) if near else (4, 60))
        if self.chance(0.3):
            self._record_templates(reports)
        return msgspec.structs.replace(rival, hours=staffed or rival.hours)

    def _record_former_infrastructure(self, rival: Actor) -> None:
        """What the rival held half a year ago or longer, and somebody else rents or bought since."""
        reports = [self.builder.report(self.builder.own_source, (rival.id,))]
        for kind in (*LOCATION_KINDS, EntityKind.SIGNUP_NETWORK, EntityKind.BIN):
            for value in self._sample_values(kind, 0.2, 0.6):
                self.builder.record_indicator(kind, value, reports, last_used=(200, 500), expires=self.chance(0.5))

    def _record_false_feed(self, rival: Actor) -> None:
        """A feed that has seen the campaign and says that it is the rival's."""
        roll = float(self.rng.random())
        grade: Grade = "E" if roll < 0.4 else "F" if roll < 0.7 else "D" if roll < 0.9 else "C"
        reports = [self.builder.report(self.builder.source("a feed", grade), (rival.id,), sure=True)]
        for kind in (*IDENTITY_KINDS, *LOCATION_KINDS):
            for value in self._sample_values(kind, 0.1, 0.5):
                self.builder.record_indicator(kind, value, reports, last_used=(0.2, 20))
