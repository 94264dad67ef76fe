"""Which exchanges ask for training material: the text by itself, or the wording that it shares.

One text is judged on few words, and its slots disturb the judgement. A wording that many texts share is judged on all of
them: when so many of its exchanges are taken for demands that wrong flags cannot explain it, all of them are demands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from hydrometer.contract.fingerprints import ELICITATION_CLASSES

if TYPE_CHECKING:
    from hydrometer.contract.population import Bools, Events, Floats, Fragments, Ints

WORDING_SHARE = 0.3
"""Share of a wording's exchanges that are taken for demands, from which all are."""
LEAST_FLAGGED = 5
LEAST_ORGS = 3
ORDINARY = 0.05
"""Below this share of demands an account counts as ordinary when the rate of wrong flags is estimated."""
LEAST_CONTENTS = 10
"""Contents around a wording from which their own confidences average out."""
VARIED = 0.1
"""Contents an exchange, at least: a sheet of questions that a class asks again and again is no wording around contents."""
LEAN_LEVELS = (0.6, 0.5, 0.42, 0.35, 0.3, 0.25, 0.21, 0.18, 0.15, 0.125, 0.105, 0.09, 0.08)
"""Mean confidences at which wordings are taken, in turn; the last is three times the share of demands that the model
reckons with (docs/elicitation-model.md)."""
LEFT = 0.2
LEAST_SHARE = 0.03
"""Fewer demands are below notice however surely they are there: ordinary customers differ in this too."""


def spread_over_wordings(events: Events, fragments: Fragments) -> Events:
    """Mark every exchange that carries a wording of which most exchanges ask for training material."""
    wide = fragments.orgs.size
    if wide == 0:
        return events
    exchange, fragment = _telling(events, fragments, wide)
    asked = events.demand[exchange]
    uses = np.bincount(fragment, minlength=wide)
    flagged = np.bincount(fragment[asked], minlength=wide)
    asking = (
        (flagged >= LEAST_FLAGGED)
        & (flagged >= WORDING_SHARE * uses)
        & (fragments.orgs >= LEAST_ORGS)
        & (fragments.prompts >= LEAST_FLAGGED)
    )
    unmarked = asking[fragment] & ~asked
    kinds = _kinds(events, fragments, wide)
    demand, kind = events.demand.copy(), events.kind.copy()
    demand[exchange[unmarked]] = True
    kind[exchange[unmarked]] = kinds[fragment[unmarked]]
    return replace(events, demand=demand, kind=kind)


def leaning(events: Events, fragments: Fragments) -> Floats:
    """How far each wording leans to demands, 0 to 1: a weaker and surer word than any single text's.

    The mean confidence over many contents is the wording's own. What merely goes along with a demand (a customer's persona
    before it) must not inherit it: the wordings that lean most take their exchanges with them, and the others are judged
    on what is left.
    """
    wide = fragments.orgs.size
    lean = np.zeros(wide)
    varied = (fragments.prompts >= LEAST_CONTENTS) & (fragments.prompts >= VARIED * fragments.exchanges)
    known = (fragments.orgs >= LEAST_ORGS) & varied
    kept = known[fragments.fragment]
    exchange, fragment = fragments.exchange[kept], fragments.fragment[kept]
    confidence = events.confidence[exchange].astype(np.float64)
    taken = np.zeros(events.time.size, dtype=np.bool_)
    for level in LEAN_LEVELS:
        open_ = ~taken[exchange]
        exchange, fragment, confidence = exchange[open_], fragment[open_], confidence[open_]
        uses = np.bincount(fragment, minlength=wide)
        mean = np.bincount(fragment, weights=confidence, minlength=wide) / np.maximum(uses, 1)
        # What is left of a wording must still be a good part of it.
        chosen = (mean >= level) & (uses >= LEAST_CONTENTS) & (uses >= LEFT * fragments.exchanges) & (lean == 0)
        lean[chosen] = mean[chosen]
        taken[exchange[chosen[fragment]]] = True
    return lean


def _telling(events: Events, fragments: Fragments, wide: int) -> tuple[Ints, Ints]:
    """Each exchange with the one fragment whose uses are most often taken for demands.

    A turn of phrase in the slots goes along with many demands and asks for nothing: beside the demand's own wording it is
    never the telling one, and where it is, nothing is asked.
    """
    flagged = np.bincount(fragments.fragment[events.demand[fragments.exchange]], minlength=wide)
    rate = flagged / np.maximum(fragments.exchanges, 1)
    order = np.lexsort(
        (fragments.fragment, -fragments.exchanges[fragments.fragment], -rate[fragments.fragment], fragments.exchange)
    )
    exchange = fragments.exchange[order]
    first = np.ones(exchange.size, dtype=np.bool_)
    first[1:] = exchange[1:] != exchange[:-1]
    return exchange[first], fragments.fragment[order][first]


def _kinds(events: Events, fragments: Fragments, wide: int) -> np.ndarray:
    """The commonest class among the demands of each fragment."""
    classes = len(ELICITATION_CLASSES)
    of_demand = events.demand[fragments.exchange]
    cell = fragments.fragment[of_demand] * classes + events.kind[fragments.exchange[of_demand]]
    table = np.bincount(cell, minlength=wide * classes).reshape(wide, classes)
    commonest: np.ndarray = np.argmax(table, axis=1).astype(np.int8)
    return commonest


def leans(events: Events, fragments: Fragments) -> Bools:
    """Exchanges that carry a wording which leans to demands."""
    found = np.zeros(events.time.size, dtype=np.bool_)
    found[fragments.exchange[fragments.lean[fragments.fragment] > 0]] = True
    return found


def share_of(events: Events, chosen: Bools) -> Floats:
    """Share of each account's exchanges that are chosen."""
    total = np.diff(events.offsets).astype(np.float64)
    share: Floats = np.bincount(events.account[chosen], minlength=total.size) / np.maximum(total, 1.0)
    return share


def asking(count: Floats, share: Floats) -> Floats:
    """-log10 p that an account asks for training material no more often than ordinary accounts (binomial).

    Ordinary are the accounts that hardly ever do: the rate of wrong flags in everyday traffic.
    """
    ordinary: Bools = share < ORDINARY
    rate = (float(np.sum((count * share)[ordinary])) + 1.0) / (float(np.sum(count[ordinary])) + 100.0)
    surprise = -stats.binom.logsf(np.round(count * share) - 1, count, rate) / np.log(10)
    found: Floats = np.where(share >= LEAST_SHARE, np.minimum(surprise, 300.0), 0.0)
    return found
