"""The templates of a campaign, as hashes that recognise them at the first request.

A template keeps its shingles whatever is poured into its slots: what nearly all of its exchanges carry is the template
(containment of FracMinHash sketches, Irber et al. 2022).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.contract import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.detection.campaigns.campaign_harvest import CampaignTemplate
    from hydrometer.detection.population.population import Bools, Ints, Population

SAMPLE = 100
"""Exchanges looked at to tell a template from its slots."""
STRANGERS = 20_000
"""Exchanges of accounts in no campaign that say how common a hash is."""
FIXED = 0.8
"""A hash belongs to the template when so many of its exchanges carry it."""
COMMON = 0.01
"""And not when so many strangers' do: boilerplate recognises nobody."""
MOST = 0.6
"""A stranger's exchange that carries so much of a template would be taken for it."""


def select_distinct_exchanges(population: Population, exchanges: Ints) -> Ints:
    """Up to SAMPLE exchanges of different prompts, whichever engine numbered them: those of the least keyed hashes."""
    _, first = np.unique(population.events.prompt[exchanges], return_index=True)
    return exchanges[first[:SAMPLE]]


def sample_strangers(population: Population, members: Bools) -> Ints:
    """Return some STRANGERS exchanges of accounts that are not in the mask, by keyed hash of the prompt."""
    events = population.events
    share = STRANGERS / max(1, int(events.counts[~members].sum()))
    least = -(1 << 63) + int(min(1.0, share) * ((1 << 64) - 1))
    chosen = np.nonzero((events.prompt <= least) & (events.prompt != 0))[0]
    order = np.argsort(events.starts, kind="stable")
    active = order[events.counts[order] > 0]
    owner = active[np.searchsorted(events.starts[active], chosen, side="right") - 1]
    return chosen[~members[owner]]


def tabulate_templates(
    templates: Sequence[tuple[str, CampaignTemplate]], sketches: Sequence[pa.ListArray], strangers: pa.ListArray
) -> pa.Table:
    """Return the templates of campaigns, as TEMPLATES; those without a hash of their own are left out.

    Args:
        templates: a campaign's id and one of its templates.
        sketches: of some exchanges of each.
        strangers: sketches of exchanges of accounts in no campaign.
    """
    everyday, uses = np.unique(_flatten_sketches(strangers), return_counts=True)
    common = everyday[uses > COMMON * max(1, len(strangers))]
    rows = []
    for (campaign, template), own_sketches in zip(templates, sketches, strict=True):
        hashes = _select_fixed_hashes(own_sketches)
        hashes = hashes[~np.isin(hashes, common)]
        if hashes.size:
            rows.append(
                {
                    "campaign_id": campaign,
                    "template_id": template.id,
                    "exchanges": int(template.exchanges.size),
                    "accounts": template.accounts,
                    "elicitation": template.elicitation,
                    "hashes": hashes,
                    "background": _measure_background(hashes, strangers),
                }
            )
    return pa.Table.from_pylist(rows, schema=TEMPLATES.schema)


def _flatten_sketches(sketches: pa.ListArray) -> Ints:
    """Return the distinct values of each sketch, one sketch after the other."""
    return np.asarray(sketches.flatten())


def _select_fixed_hashes(sketches: pa.ListArray) -> Ints:
    values, counts = np.unique(_flatten_sketches(sketches), return_counts=True)
    return values[counts >= FIXED * max(1, len(sketches))]


def _measure_background(hashes: Ints, strangers: pa.ListArray) -> float:
    """Share of strangers' exchanges that carry most of a template."""
    in_template = np.isin(_flatten_sketches(strangers), hashes)
    if not len(strangers):
        return 0.0
    of_row = np.repeat(np.arange(len(strangers)), np.diff(_compute_offsets(strangers)))
    carried = np.bincount(of_row[in_template], minlength=len(strangers))
    return float(np.mean(carried >= MOST * hashes.size))


def _compute_offsets(sketches: pa.ListArray) -> Ints:
    lengths = np.asarray(sketches.value_lengths().fill_null(0), dtype=np.int64)
    return np.concatenate([[0], np.cumsum(lengths)])
