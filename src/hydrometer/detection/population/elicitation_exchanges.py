"""Which exchanges ask for training material: by their own text, or by the fragments that they share.

One text is judged on few words, and its slots disturb the judgement. A fragment that many texts share is judged on all of
them: when so many of its exchanges are flagged that wrong flags cannot explain it, all of them are elicitation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from hydrometer.contract import ELICITATION_CLASSES
from hydrometer.detection.population.measurement_kernels import (
    SCALE,
    count_by_account,
    count_fragment_demands,
    count_telling,
    mark_carriers,
    mark_telling,
    remove_chosen,
    sum_confidences,
)
from hydrometer.detection.population.memmap_reader import iterate_pages, read_slice

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Bools, ExchangeArrays, Floats, FragmentIndex

FRAGMENT_SHARE = 0.3
"""Share of a fragment's exchanges that are flagged, from which all of them are elicitation."""
LEAST_FLAGGED = 5
LEAST_ORGS = 3
ORDINARY = 0.05
"""Below this share of elicitation an account counts as ordinary when the rate of wrong flags is estimated."""
LEAST_CONTENTS = 10
"""Contents around a fragment from which their own confidences average out."""
VARIED = 0.1
"""Contents an exchange, at least: a sheet of questions that a class asks again and again is no template around contents."""
LEAN_LEVELS = (0.6, 0.5, 0.42, 0.35, 0.3, 0.25, 0.21, 0.18, 0.15, 0.125, 0.105, 0.09, 0.08)
"""Mean confidences at which fragments are chosen, in turn; the last is three times the share of elicitation that the model
reckons with (docs/elicitation-model.md)."""
LEFT = 0.2
LEAST_SHARE = 0.03
"""A smaller share is below notice however sure it is: ordinary customers differ in this too."""


def spread_over_fragments(events: ExchangeArrays, fragments: FragmentIndex) -> ExchangeArrays:
    """Mark every exchange that carries a fragment of which many exchanges ask for training material.

    Each exchange is judged by its telling fragment, the one whose uses are most often flagged. A turn of phrase in the
    slots goes along with much elicitation and asks for nothing: beside the template's own fragment it is never the telling
    one, and where it is, the exchange stays as it was.
    """
    wide = fragments.orgs.size
    if wide == 0:
        return events
    flagged, kinds = np.zeros(wide, np.int64), np.zeros((wide, len(ELICITATION_CLASSES)), np.int32)
    for page in iterate_pages(fragments):
        count_fragment_demands(
            page.lengths, page.carried, events.demand[page.events], events.kind[page.events], flagged, kinds
        )
    rate = flagged / np.maximum(fragments.exchanges, 1)
    uses, telling_demands = np.zeros(wide, np.int64), np.zeros(wide, np.int64)
    for page in iterate_pages(fragments):
        demand = events.demand[page.events]
        count_telling(page.lengths, page.carried, demand, rate, fragments.exchanges, uses, telling_demands)
    asks = (
        (telling_demands >= LEAST_FLAGGED)
        & (telling_demands >= FRAGMENT_SHARE * uses)
        & (fragments.orgs >= LEAST_ORGS)
        & (fragments.prompts >= LEAST_FLAGGED)
    )
    commonest = np.argmax(kinds, axis=1).astype(np.int8)
    marked, kind = events.demand.copy(), events.kind.copy()
    for page in iterate_pages(fragments):
        mark_telling(
            page.lengths,
            page.carried,
            rate,
            fragments.exchanges,
            asks,
            commonest,
            marked[page.events],
            kind[page.events],
        )
    return replace(events, demand=marked, kind=kind)


def measure_lean(events: ExchangeArrays, fragments: FragmentIndex) -> Floats:
    """Return how far each fragment leans to elicitation, 0 to 1: a weaker and surer sign than any single text's.

    The mean confidence over many contents is the fragment's own. What merely goes along with elicitation (a customer's
    persona before it) must not inherit it: the fragments that lean most take their exchanges with them, and the others are
    judged on what is left.
    """
    wide = fragments.orgs.size
    lean = np.zeros(wide)
    varied = (fragments.prompts >= LEAST_CONTENTS) & (fragments.prompts >= VARIED * fragments.exchanges)
    eligible = (fragments.orgs >= LEAST_ORGS) & varied
    if not eligible.any():
        return lean
    # Both numbers of a fragment lie together: looking them up is what this takes its time for.
    remainder = np.zeros((wide, 2), np.int64)
    remainder[~eligible] = -1
    uses, sums = remainder.T
    for page in iterate_pages(fragments):
        sum_confidences(
            page.lengths, page.carried, read_slice(events.confidence, page.events.start, page.events.stop), remainder
        )
    removed = np.zeros(events.time.size, dtype=np.bool_)
    for level in LEAN_LEVELS:
        mean = sums / SCALE / np.maximum(uses, 1)
        # What is left of a fragment must still be a good part of it.
        chosen = (
            eligible & (mean >= level) & (uses >= LEAST_CONTENTS) & (uses >= LEFT * fragments.exchanges) & (lean == 0)
        )
        if not chosen.any():
            continue
        lean[chosen] = mean[chosen]
        for page in iterate_pages(fragments):
            remove_chosen(
                page.lengths,
                page.carried,
                read_slice(events.confidence, page.events.start, page.events.stop),
                chosen,
                removed[page.events],
                remainder,
            )
    return lean


def mask_leaning_exchanges(events: ExchangeArrays, fragments: FragmentIndex) -> Bools:
    """Return a mask of the exchanges that carry a fragment which leans to elicitation."""
    mask = np.zeros(events.time.size, dtype=np.bool_)
    leaning_ones = fragments.lean > 0
    if leaning_ones.any():
        for page in iterate_pages(fragments):
            mark_carriers(page.lengths, page.carried, leaning_ones, mask[page.events])
    return mask


def compute_account_shares(events: ExchangeArrays, chosen: Bools) -> Floats:
    """Return the share of each account's exchanges that are chosen."""
    share: Floats = count_by_account(events.starts, events.counts, chosen) / np.maximum(events.counts, 1.0)
    return share


def score_elicitation_rate(count: Floats, share: Floats) -> Floats:
    """Return -log10 p that an account asks for training material no more often than ordinary accounts (binomial).

    Ordinary are the accounts that hardly ever do: the rate of wrong flags in everyday traffic.
    """
    ordinary: Bools = share < ORDINARY
    rate = (float(np.sum((count * share)[ordinary])) + 1.0) / (float(np.sum(count[ordinary])) + 100.0)
    surprise = -stats.binom.logsf(np.round(count * share) - 1, count, rate) / np.log(10)
    scores: Floats = np.where(share >= LEAST_SHARE, np.minimum(surprise, 300.0), 0.0)
    return scores
