"""From samples to weights: features, descent, eight-bit weights, calibration."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from elicitation.descent_kernel import run_epoch
from hydrometer.contract import ELICITATION_CLASSES
from hydrometer.fingerprint.concepts import build_concept_table
from hydrometer.fingerprint.elicitation_model import BUCKETS, HALF, ElicitationModel
from hydrometer.fingerprint.kernels.elicitation_scoring import (
    BLOCK,
    COLUMNS,
    GRAMS,
    PROMPT_HEAD,
    PROMPT_TAIL,
    SYSTEM_HEAD,
    SYSTEM_TAIL,
    WINDOW,
    locate_regions,
    make_scoring_scratch,
    score_words,
    write_gram_buckets,
)
from hydrometer.fingerprint.kernels.tokeniser import SCRIPTS, make_token_scratch, tokenise
from hydrometer.fingerprint.kernels.word_hashing import RING
from hydrometer.fingerprint.text_folding import fold_text
from hydrometer.fingerprint.unicode_tables import build_unicode_tables

if TYPE_CHECKING:
    from elicitation.training_phrasings import PhrasingParts, TrainingPhrasings, TrainingSample

_LIMIT = 4_000
EPOCHS = 24
RATE, DECAY = 0.2, 0.003
GRAM_RATES = (0.5, 1.0, 0.7, 0.5, 0.5, 0.7, 0.7)
"""How fast words, stems, pairs and pairs with a gap learn: what is rarer says less of other phrasings."""
DROP = 0.8
"""Share of features left out at random in each step."""
PRIOR = 0.025
"""Share of demands in the traffic that the confidence is calibrated for; the samples hold far more."""
NONE_SHARE = 0.55
"""Share of ordinary requests among the samples."""


@dataclass(frozen=True)
class SampleFeatures:
    """Samples as features: buckets [words, GRAMS], ends [documents, 5] (four stretches each), labels and lengths."""

    buckets: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int64]
    elicitation: npt.NDArray[np.int64]
    capability: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]
    near: npt.NDArray[np.bool_]


def draw_samples(grammar: TrainingPhrasings, seed: int, size: int, parts: PhrasingParts) -> list[TrainingSample]:
    """Draw `size` samples from the given parts of the grammar, classes in turn."""
    rng = random.Random(seed)  # noqa: S311
    names = ELICITATION_CLASSES[1:]
    return [
        grammar.draw_ordinary(rng, parts)
        if rng.random() < NONE_SHARE
        else grammar.draw_demand(rng, names[index % len(names)], parts)
        for index in range(size)
    ]


def featurise_samples(samples: list[TrainingSample]) -> SampleFeatures:
    """Turn texts into features by the kernels that read traffic."""
    most = sum(len(fold_text(s.prompt)) + len(fold_text(s.system or "")) for s in samples)
    buckets = np.zeros((most + 16, GRAMS), np.int32)
    ends = np.zeros((len(samples), 5), np.int64)
    lengths = np.zeros((len(samples), 2), np.int32)
    words, stems = np.zeros(_LIMIT + RING, np.uint64), np.zeros(_LIMIT + RING, np.uint64)
    script_counts, scratch = np.zeros(SCRIPTS, np.int32), make_token_scratch()
    have = 0
    for index, sample in enumerate(samples):
        ends[index, 0] = have
        for part, (text, head, tail) in enumerate(
            ((sample.system, SYSTEM_HEAD, SYSTEM_TAIL), (sample.prompt, PROMPT_HEAD, PROMPT_TAIL))
        ):
            data = np.frombuffer(fold_text(text or "").encode(), np.uint8)
            count, _ = tokenise(
                data, 0, data.size, build_unicode_tables().arrays, _LIMIT, words, stems, script_counts, scratch
            )
            lengths[index, part] = count
            stop, again = locate_regions(count, head, tail, _LIMIT)
            have = write_gram_buckets(words, stems, 0, stop, _LIMIT, build_concept_table(), buckets, have)
            ends[index, 2 * part + 1] = have
            have = write_gram_buckets(words, stems, again, count, _LIMIT, build_concept_table(), buckets, have)
            ends[index, 2 * part + 2] = have
    return SampleFeatures(
        buckets[:have].copy(),
        ends,
        np.array([s.elicitation for s in samples], np.int64),
        np.array([s.capability for s in samples], np.int64),
        lengths,
        np.array([s.near for s in samples], np.bool_),
    )


def fit_model(features: SampleFeatures, seed: int) -> ElicitationModel:
    """Train and quantise; the calibration is the identity."""
    rng = np.random.default_rng(seed)
    table, bias = np.zeros((BUCKETS, COLUMNS), np.float32), np.zeros(COLUMNS)
    count = len(features.elicitation)
    stretch = np.diff(features.ends, axis=1).max(axis=1)
    short = np.flatnonzero(stretch <= BLOCK * WINDOW)
    for turn in range(EPOCHS):
        # Short texts come first: they show where a demand lies.
        order = rng.permutation(short if turn == 0 else np.arange(count))
        run_epoch(
            order,
            features.buckets,
            features.ends,
            features.elicitation,
            features.capability,
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
    return ElicitationModel(small, scale, bias.astype(np.float32), 1.0, 0.0)


def score_samples(model: ElicitationModel, samples: list[TrainingSample]) -> npt.NDArray[np.int32]:
    """Score samples by the kernel that scores traffic; [samples, COLUMNS]."""
    out = np.zeros((len(samples), COLUMNS), np.int32)
    words, stems = np.zeros(_LIMIT + RING, np.uint64), np.zeros(_LIMIT + RING, np.uint64)
    script_counts, scratch, scoring = np.zeros(SCRIPTS, np.int32), make_token_scratch(), make_scoring_scratch()
    for index, sample in enumerate(samples):
        out[index, :HALF] = np.iinfo(np.int32).min
        for text, head, tail in ((sample.system, SYSTEM_HEAD, SYSTEM_TAIL), (sample.prompt, PROMPT_HEAD, PROMPT_TAIL)):
            data = np.frombuffer(fold_text(text or "").encode(), np.uint8)
            count, _ = tokenise(
                data, 0, data.size, build_unicode_tables().arrays, _LIMIT, words, stems, script_counts, scratch
            )
            stop, again = locate_regions(count, head, tail, _LIMIT)
            score_words(words, stems, 0, stop, _LIMIT, model.table, build_concept_table(), scoring, out[index])
            if again < count:
                score_words(words, stems, again, count, _LIMIT, model.table, build_concept_table(), scoring, out[index])
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

    optimum = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(optimum[0]), float(optimum[1])
