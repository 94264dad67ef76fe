"""Train the elicitation model: `make train-elicitation`; rewrites its weights, their provenance and its report.

PYTHONPATH=benchmarks python -m elicitation [--seed N] [--samples N] [--data FOLDER] [--docs FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
from scipy.special import logsumexp

from elicitation.model_fitting import (
    DECAY,
    DROP,
    EPOCHS,
    GRAM_RATES,
    RATE,
    calibrate,
    draw_samples,
    featurise_samples,
    fit_model,
    score_samples,
)
from elicitation.model_report import JudgedSamples, render_report
from elicitation.training_phrasings import FOLDS, PhrasingParts, TrainingPhrasings, TrainingSample
from hydrometer.contract import ELICITATION_CLASSES
from hydrometer.fingerprint.elicitation_model import BUCKETS, HALF, PROVENANCE, WEIGHTS, ElicitationModel

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "src" / "hydrometer" / "fingerprint" / "data"
REPORT = ROOT / "docs" / "elicitation-model.md"
COMMAND = "PYTHONPATH=benchmarks python -m elicitation"


def cross_validate(grammar: TrainingPhrasings, seed: int, size: int) -> tuple[JudgedSamples, JudgedSamples]:
    """Judge each part of the grammar by a model that has seen nothing of it.

    Returns (new skeletons filled with any values, new skeletons filled with new values only).
    """
    judged_folds: tuple[list[JudgedSamples], list[JudgedSamples]] = ([], [])
    for part in range(FOLDS):
        model = fit_model(
            featurise_samples(draw_samples(grammar, seed + part, size, PhrasingParts.all_but(part))), seed
        )
        own = frozenset({part})
        for index, values in enumerate((frozenset(range(FOLDS)), own)):
            samples = draw_samples(grammar, seed + 100 * (index + 1) + part, size // 4, PhrasingParts(own, values))
            judged_folds[index].append(judge_samples(model, samples))
    loose, strict = (
        JudgedSamples(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) for parts in judged_folds
    )
    return loose, strict


def judge_samples(model: ElicitationModel, samples: list[TrainingSample]) -> JudgedSamples:
    """Score samples: what they are and what the model makes of them."""
    documents, sums = featurise_samples(samples), score_samples(model, samples)
    odds = logsumexp(model.bias[:HALF] + model.scale[:HALF] * sums[:, :HALF].astype(np.float64), axis=1)
    best = model.predict_elicitation(sums)[0]
    capability = model.predict_capability(sums, documents.lengths).argmax(axis=1)
    language = np.array([sample.language for sample in samples], np.str_)
    return JudgedSamples(documents.elicitation, documents.capability, documents.near, odds, best, capability, language)


def train_model(seed: int, size: int, data: Path, docs: Path) -> None:
    """Cross-validate, calibrate on what was held out, fit on all, and write weights, provenance and report."""
    started = time.process_time()
    grammar = TrainingPhrasings()
    judged, strict = cross_validate(grammar, seed, size)
    general = judged.select(judged.language == "")
    slope, intercept = calibrate(general.odds, general.elicitation > 0)
    samples = draw_samples(grammar, seed, size, PhrasingParts.all_but(None))
    model = replace(fit_model(featurise_samples(samples), seed), slope=slope, intercept=intercept)
    with (data / WEIGHTS).open("wb") as file:
        np.savez_compressed(
            file,
            table=model.table,
            scale=model.scale,
            bias=model.bias,
            slope=np.float64(slope),
            intercept=np.float64(intercept),
        )
    provenance = {
        "command": COMMAND,
        "seed": seed,
        "samples": size,
        "classes": list(ELICITATION_CLASSES),
        "phrasings": grammar.count_skeletons(),
        "training_set_sha256": hashlib.sha256(repr([astuple(sample) for sample in samples]).encode()).hexdigest(),
        "weights_sha256": hashlib.sha256(model.table.tobytes()).hexdigest(),
        "weights_bytes": (data / WEIGHTS).stat().st_size,
        "buckets": BUCKETS,
        "learning": {
            "epochs": EPOCHS,
            "rate": RATE,
            "decay": DECAY,
            "dropped_features": DROP,
            "gram_rates": list(GRAM_RATES),
        },
        "calibration": {"slope": slope, "intercept": intercept},
    }
    (data / PROVENANCE).write_text(json.dumps(provenance, indent=2) + "\n", "utf-8")
    docs.write_text(render_report(judged, strict, provenance, slope, intercept), "utf-8")
    sys.stdout.write(f"trained in {time.process_time() - started:.0f} CPU seconds; report: {docs}\n")


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--samples", type=int, default=180_000, help="samples to train on; a quarter as many judge each part"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder for the weights")
    parser.add_argument("--docs", type=Path, default=REPORT, help="where the report goes")
    arguments = parser.parse_args()
    train_model(arguments.seed, arguments.samples, arguments.data, arguments.docs)


if __name__ == "__main__":
    main()
