"""From samples to weights: features, descent, eight-bit weights, calibration."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from hydrometer.contract.fingerprints import ELICITATION_CLASSES
from hydrometer.fingerprint.alphabet import alphabet
from hydrometer.fingerprint.concepts import concept_table
from hydrometer.fingerprint.kernels.demand import (
    BLOCK,
    COLUMNS,
    GRAMS,
    PROMPT_HEAD,
    PROMPT_TAIL,
    SYSTEM_HEAD,
    SYSTEM_TAIL,
    WINDOW,
    demand_buckets,
    demand_room,
    region,
    score,
)
from hydrometer.fingerprint.kernels.fit import epoch
from hydrometer.fingerprint.kernels.text import SCRIPTS, token_room, tokenise
from hydrometer.fingerprint.kernels.words import RING
from hydrometer.fingerprint.model import BUCKETS, HALF, DemandModel

if TYPE_CHECKING:
    from hydrometer.fingerprint.training.grammar import Grammar, Parts, Sample

_LIMIT = 4_000
EPOCHS = 24
RATE, DECAY = 0.2, 0.003
GRAM_RATES = (0.5, 1.0, 0.7, 0.5, 0.5, 0.7, 0.7)
"""How fast words, stems, pairs and pairs with a gap learn: what is rarer says less of other wordings."""
DROP = 0.8
"""Share of features left out at random in each step."""
PRIOR = 0.025
"""Share of demands in the traffic that the confidence is calibrated for; the samples hold far more."""
NONE_SHARE = 0.55
"""Share of ordinary requests among the samples."""


@dataclass(frozen=True)
class Documents:
    """Samples as features: buckets [words, GRAMS], ends [documents, 5] (four stretches each), labels and lengths."""

    buckets: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int64]
    elicitation: npt.NDArray[np.int64]
    capability: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]
    near: npt.NDArray[np.bool_]


def draw(grammar: Grammar, seed: int, size: int, parts: Parts) -> list[Sample]:
    """Draw `size` samples from the given parts of the grammar, classes in turn."""
    rng = random.Random(seed)  # noqa: S311
    names = ELICITATION_CLASSES[1:]
    return [
        grammar.ordinary(rng, parts)
        if rng.random() < NONE_SHARE
        else grammar.demand(rng, names[index % len(names)], parts)
        for index in range(size)
    ]


def featurise(samples: list[Sample]) -> Documents:
    """Turn texts into features by the kernels that read traffic."""
    buckets = np.zeros((sum(len(s.prompt) + len(s.system or "") for s in samples) + 16, GRAMS), np.int32)
    ends = np.zeros((len(samples), 5), np.int64)
    lengths = np.zeros((len(samples), 2), np.int32)
    words, stems = np.zeros(_LIMIT + RING, np.uint64), np.zeros(_LIMIT + RING, np.uint64)
    seen, room = np.zeros(SCRIPTS, np.int32), token_room()
    have = 0
    for index, sample in enumerate(samples):
        ends[index, 0] = have
        for part, (text, head, tail) in enumerate(
            ((sample.system, SYSTEM_HEAD, SYSTEM_TAIL), (sample.prompt, PROMPT_HEAD, PROMPT_TAIL))
        ):
            data = np.frombuffer((text or "").encode(), np.uint8)
            count, _ = tokenise(data, 0, data.size, alphabet().tables, _LIMIT, words, stems, seen, room)
            lengths[index, part] = count
            stop, again = region(count, head, tail, _LIMIT)
            have = demand_buckets(words, stems, 0, stop, _LIMIT, concept_table(), buckets, have)
            ends[index, 2 * part + 1] = have
            have = demand_buckets(words, stems, again, count, _LIMIT, concept_table(), buckets, have)
            ends[index, 2 * part + 2] = have
    return Documents(
        buckets[:have].copy(),
        ends,
        np.array([s.elicitation for s in samples], np.int64),
        np.array([s.capability for s in samples], np.int64),
        lengths,
        np.array([s.near for s in samples], np.bool_),
    )


def fit(documents: Documents, seed: int) -> DemandModel:
    """Train and quantise; the calibration is the identity."""
    rng = np.random.default_rng(seed)
    table, bias = np.zeros((BUCKETS, COLUMNS), np.float32), np.zeros(COLUMNS)
    count = len(documents.elicitation)
    stretch = np.diff(documents.ends, axis=1).max(axis=1)
    short = np.flatnonzero(stretch <= BLOCK * WINDOW)
    for turn in range(EPOCHS):
        # Short texts come first: they show where a demand lies.
        order = rng.permutation(short if turn == 0 else np.arange(count))
        epoch(
            order,
            documents.buckets,
            documents.ends,
            documents.elicitation,
            documents.capability,
            table,
            bias,
            RATE * (1 - turn / EPOCHS),
            DECAY,
            np.array(GRAM_RATES),
            int(DROP * (1 << 24)),
            np.uint64((seed * 1_000_003 + turn + 1) << 32),
        )
    top = np.maximum(np.quantile(np.abs(table), 0.9999, axis=0), 1e-6)
    scale = (top / 127).astype(np.float32)
    small = np.clip(np.rint(table / scale), -127, 127).astype(np.int8)
    return DemandModel(small, scale, bias.astype(np.float32), 1.0, 0.0)


def scores(model: DemandModel, samples: list[Sample]) -> npt.NDArray[np.int32]:
    """Score samples by the kernel that scores traffic; [samples, COLUMNS]."""
    out = np.zeros((len(samples), COLUMNS), np.int32)
    words, stems = np.zeros(_LIMIT + RING, np.uint64), np.zeros(_LIMIT + RING, np.uint64)
    seen, room, scoring = np.zeros(SCRIPTS, np.int32), token_room(), demand_room()
    for index, sample in enumerate(samples):
        out[index, :HALF] = np.iinfo(np.int32).min
        for text, head, tail in ((sample.system, SYSTEM_HEAD, SYSTEM_TAIL), (sample.prompt, PROMPT_HEAD, PROMPT_TAIL)):
            data = np.frombuffer((text or "").encode(), np.uint8)
            count, _ = tokenise(data, 0, data.size, alphabet().tables, _LIMIT, words, stems, seen, room)
            stop, again = region(count, head, tail, _LIMIT)
            score(words, stems, 0, stop, _LIMIT, model.table, concept_table(), scoring, out[index])
            if again < count:
                score(words, stems, again, count, _LIMIT, model.table, concept_table(), scoring, out[index])
    return out


def calibrate(odds: npt.NDArray[np.float64], demand: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Fit (slope, intercept) of the probability of a demand to held-out log odds (Platt, 1999, with his smoothed
    targets).

    Samples are weighted so that PRIOR of them are demands.
    """
    positive, negative = int(demand.sum()), int((~demand).sum())
    weight = np.where(demand, PRIOR / positive, (1 - PRIOR) / negative)
    target = np.where(demand, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(at: npt.NDArray[np.float64]) -> float:
        chance = np.clip(expit(at[0] * odds + at[1]), 1e-12, 1 - 1e-12)
        return float(-(weight * (target * np.log(chance) + (1 - target) * np.log(1 - chance))).sum())

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(found[0]), float(found[1])
