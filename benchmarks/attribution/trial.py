"""One world's campaigns under every circumstance: what attribution, the prior, and a count of hits say of each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow.parquet as pq

from attribution import variants
from attribution.dossiers import CIRCUMSTANCES, LabelledDossiers, SimulatedCampaign, make_dossiers
from attribution.worlds import TRUTH, Shown, make
from hydrometer.contract.attribution_records import NOBODY, UNKNOWN
from hydrometer.contract.intel_records import Role
from hydrometer.contract.result_records import CampaignFile, Template, TemplateSegment
from hydrometer.intelligence.attribution import attribute_campaign, build_campaign_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hydrometer.contract.attribution_records import AttributionAnswer
    from hydrometer.contract.intel_records import WorkingHours
    from hydrometer.contract.result_records import Campaign, CampaignExhibit
    from hydrometer.intelligence.attribution import CampaignProfile

HYDROMETER, PRIOR, HITS = "hydrometer", "prior alone", "count of hits"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What one method said to one question of one campaign in one circumstance."""

    seed: int
    campaign: str
    circumstance: str
    method: str
    question: Role
    truth: str
    """Kind of the right answer: `known`, `unknown` or `nobody`."""
    leader: str
    """Kind of the likeliest answer: `right`, `wrong` (another actor), `unknown` or `nobody`."""
    probability: float
    """Of the likeliest."""
    brier: float
    """Sum over hypotheses of (probability − truth)², 0 to 2."""
    named: str
    """`right`, `wrong`, or '' where nobody is named."""
    confidence: str
    rival: float
    """Probability of whom the flag, the feed or the old record points to; 0 without one."""


def run(seed: int, kept: Path, *, ablated: bool) -> Iterator[Record]:
    """Yield the records of a world that `worlds.make` kept in a folder; with `ablated` those of the variants too."""
    shown = msgspec.json.decode((kept / TRUTH).read_bytes(), type=Shown)
    found = msgspec.json.decode((kept / "campaigns.json").read_bytes(), type=CampaignFile)
    tables = [pq.read_table(kept / f"{name}.parquet") for name in ("indicators", "templates", "blocks")]
    run = found.run
    wordings: dict[str, list[list[int]]] = {}
    for row in tables[1].to_pylist():
        wordings.setdefault(row["campaign_id"], []).append(row["hashes"])
    made = build_campaign_profiles(
        found.campaigns, *tables, accounts=run.rows["accounts"], span=(run.first_exchange, run.last_exchange)
    )
    for case in made:
        operator = shown.operators.get(case.campaign.id, "")
        if not operator:
            # A group of honest accounts: who runs it is no question; docs/benchmark.md counts such groups.
            continue
        given = SimulatedCampaign(
            operator=operator,
            values=shown.values,
            template_hashes=wordings.get(case.campaign.id, []),
            beneficiaries=shown.beneficiaries[operator],
            begins=case.campaign.first_seen,
            ends=case.campaign.last_seen,
        )
        for circumstance in CIRCUMSTANCES:
            drawn = make_dossiers(given, circumstance, seed)
            seen = _dressed(case, drawn, seed)
            yield from _records(seed, seen, circumstance, drawn, ablated=ablated)


def measured(seed: int, *, honest: int, kept: Path) -> list[Record]:
    """Return the records of the world of a seed, which is made and detected when `kept` does not hold it."""
    return list(run(seed, make(seed, honest, kept), ablated=True))


def _records(
    seed: int, case: CampaignProfile, circumstance: str, made: LabelledDossiers, *, ablated: bool
) -> Iterator[Record]:
    methods = {HYDROMETER: (made.dossiers, variants.SETTINGS)}
    if ablated:
        methods |= variants.variants(made.dossiers)
    hits = variants.hits(case, made.dossiers)
    for method, (dossiers, settings) in methods.items():
        for answer in attribute_campaign(case, dossiers, settings).answers:
            probability = {h.id: h.probability for h in answer.hypotheses}
            yield _record(
                seed, case, circumstance, made, method, answer, probability, _named(answer), answer.confidence
            )
            if method != HYDROMETER:
                continue
            prior = {h.id: h.prior for h in answer.hypotheses}
            yield _record(seed, case, circumstance, made, PRIOR, answer, prior, "", "")
            counted = _shares(hits, prior)
            best = max(sorted(counted), key=lambda h: counted[h])
            named = best if hits.get(best) else ""
            yield _record(seed, case, circumstance, made, HITS, answer, counted, named, "")


def _shares(hits: Mapping[str, int], prior: Mapping[str, float]) -> dict[str, float]:
    """Every hit is a vote, and so is one for an actor that is not in the dossiers."""
    votes = Counter({h: hits.get(h, 0) for h in prior})
    votes[UNKNOWN] += 1
    whole = sum(votes.values())
    return {h: votes[h] / whole for h in prior}


def _named(answer: AttributionAnswer) -> str:
    return answer.hypotheses[0].id if answer.conclusion == answer.hypotheses[0].name else ""


def _record(
    seed: int,
    case: CampaignProfile,
    circumstance: str,
    made: LabelledDossiers,
    method: str,
    answer: AttributionAnswer,
    probability: Mapping[str, float],
    named: str,
    confidence: str,
) -> Record:
    truth = made.operator if answer.question == "operator" else made.beneficiary
    leader = max(sorted(probability), key=lambda h: probability[h])
    return Record(
        seed=seed,
        campaign=case.campaign.id,
        circumstance=circumstance,
        method=method,
        question=answer.question,
        truth=truth if truth in (UNKNOWN, NOBODY) else "known",
        leader=leader if leader in (UNKNOWN, NOBODY) else "right" if leader == truth else "wrong",
        probability=round(probability[leader], 4),
        brier=round(sum((p - (h == truth)) ** 2 for h, p in probability.items()), 5),
        named="" if not named else "right" if named == truth else "wrong",
        confidence=confidence,
        rival=round(probability.get(made.rival, 0.0), 4),
    )


def _dressed(case: CampaignProfile, made: LabelledDossiers, seed: int) -> CampaignProfile:
    """The campaign as people run it in their hours, and with the product that its wording names."""
    exhibit = case.campaign.exhibit
    if made.staffed is not None:
        exhibit = _staffed(exhibit, made.staffed, np.random.default_rng([seed, case.campaign.accounts]))
    if made.named_product:
        text = f"You are {made.named_product}, answer as such."
        exhibit = msgspec.structs.replace(
            exhibit,
            templates=[
                Template(id="T-named", exchanges=1, accounts=1, elicitation="none", wording=[TemplateSegment(text)])
            ],
        )
    campaign: Campaign = msgspec.structs.replace(case.campaign, exhibit=exhibit)
    return variants.with_campaign(case, campaign)


def _staffed(exhibit: CampaignExhibit, hours: WorkingHours, rng: np.random.Generator) -> CampaignExhibit:
    """Deal most exchanges of each day to the hours (UTC) in which people of a timezone work, the others as they were."""
    worked = variants.working(exhibit.days, hours)
    grid = np.asarray(exhibit.hour_by_day, dtype=np.int64)
    moved = np.zeros_like(grid)
    for day, counts in enumerate(grid):
        whole = int(counts.sum())
        own = worked[day] / worked[day].sum() if worked[day].sum() else np.full(24, 1 / 24)
        usual = counts / max(1, whole)
        moved[day] = rng.multinomial(whole, 0.8 * own + 0.2 * usual / max(usual.sum(), 1e-9)) if whole else 0
    return msgspec.structs.replace(exhibit, hour_by_day=moved.tolist())
