"""The elicitation model: a hashed n-gram linear classifier whose weights ship with the package."""

from __future__ import annotations

import functools
import io
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES
from hydrometer.fingerprint.kernels.elicitation_scoring import (
    COLUMNS,
    PROMPT_HEAD,
    PROMPT_TAIL,
    SYSTEM_HEAD,
    SYSTEM_TAIL,
)

BUCKETS = 1 << 17
"""Rows of the weight table; a feature is a hash of one to three words."""
HALF = COLUMNS // 2
WEIGHTS, PROVENANCE = "elicitation.npz", "elicitation.json"


@dataclass(frozen=True)
class ElicitationModel:
    """Weights and calibration.

    table: int8 [BUCKETS, COLUMNS]; scale, bias: [COLUMNS], from integer sums to logits; slope, intercept: from the log
    odds of `any class but none` to a calibrated probability (Platt, 1999).
    """

    table: npt.NDArray[np.int8]
    scale: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    slope: float
    intercept: float

    def predict_elicitation(
        self, scores: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return (index of the likeliest class but `none`, calibrated probability of any class but `none`) of each row.

        scores: sums of `elicitation_scoring.score_words`, [rows, COLUMNS].
        """
        logits = self.bias[:HALF] + self.scale[:HALF] * scores[:, :HALF].astype(np.float64)
        odds = _log_sum_exp(logits)
        return logits.argmax(axis=1) + 1, expit(self.slope * odds + self.intercept).astype(np.float32)

    def predict_capability(
        self, scores: npt.NDArray[np.int32], lengths: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.float64]:
        """Return the probability of each capability class, [rows, classes].

        lengths: words of (system prompt, prompt), [rows, 2].
        """
        logits = np.zeros((len(scores), len(CAPABILITY_CLASSES)))
        size = np.sqrt(np.maximum(1, count_region_words(lengths)))[:, None]
        logits[:, 1:] = self.bias[HALF:] + self.scale[HALF:] * scores[:, HALF:] / size
        return np.asarray(softmax(logits, axis=1))


def _log_sum_exp(logits: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Return log(sum(exp(row))) of each row, to the bit as SciPy's logsumexp does, without its look for infinities and
    for what kind of array it was given: that is most of its time on the few hundred rows of a task."""
    top = logits.max(axis=1, keepdims=True)
    highest = logits == top
    ties = highest.sum(axis=1)
    rest = np.where(highest, 0.0, np.exp(logits - top)).sum(axis=1)
    return np.asarray(np.log1p(rest / ties) + np.log(ties) + top[:, 0])


def count_region_words(lengths: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return how many words of each row are read for demands; lengths: [rows, 2]."""
    most = np.array([SYSTEM_HEAD + SYSTEM_TAIL, PROMPT_HEAD + PROMPT_TAIL])
    return np.asarray(np.minimum(lengths, most).sum(axis=1), dtype=np.int64)


@functools.cache
def load_shipped_model() -> ElicitationModel:
    """Load the weights that ship with the package."""
    with np.load(io.BytesIO((files(__package__) / "data" / WEIGHTS).read_bytes())) as arrays:
        model = ElicitationModel(
            arrays["table"], arrays["scale"], arrays["bias"], float(arrays["slope"]), float(arrays["intercept"])
        )
    if model.table.shape != (BUCKETS, COLUMNS) or len(ELICITATION_CLASSES) + len(CAPABILITY_CLASSES) - 2 != COLUMNS:
        raise ValueError("the shipped weights do not fit the classes of the contract: run make train-elicitation")
    return model


def read_provenance() -> dict[str, Any]:
    """Return how the shipped weights came about: seed, sizes, digests."""
    record: dict[str, Any] = json.loads((files(__package__) / "data" / PROVENANCE).read_text("utf-8"))
    return record
