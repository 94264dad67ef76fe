"""The report on the demand model, from held-out phrasings."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import rankdata

from hydrometer.contract.fingerprints import CAPABILITY_CLASSES, ELICITATION_CLASSES
from hydrometer.fingerprint.training.fit import PRIOR

_EDGES = (0.0, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


class Held(NamedTuple):
    """Judged samples: truth, log odds of any demand, likeliest demand, likeliest capability."""

    elicitation: npt.NDArray[np.int64]
    capability: npt.NDArray[np.int64]
    near: npt.NDArray[np.bool_]
    odds: npt.NDArray[np.float64]
    best: npt.NDArray[np.int64]
    best_capability: npt.NDArray[np.int64]


def area(odds: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve (the Mann-Whitney statistic)."""
    ranks, count = rankdata(odds), int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(odds) - count)))


def report(held: Held, strict: Held, made: dict[str, Any], slope: float, intercept: float) -> str:
    """Return the Markdown page; `held` has new skeletons, `strict` has new values in them too."""
    chance = expit(slope * held.odds + intercept)
    said = np.where(chance >= 0.5, held.best, 0)
    demand, none = held.elicitation > 0, held.elicitation == 0
    known = held.capability >= 0
    weight = np.where(demand, PRIOR / demand.sum(), (1 - PRIOR) / none.sum())
    lines = [
        "# The demand model",
        "",
        f"Written by `{made['command']}`; do not edit. What it can do on wordings that it has not seen, and how it was made.",
        "",
        "A linear model over hashed words, five-letter stems and pairs of stems. It reads the system prompt (first 300 and last 96",
        "words) and the prompt (first 108 and last 60 words) in windows of 36 words, and the best window speaks for the text: a short",
        "demand before a long document stays visible, and a long innocent text does not add up to a demand. Words are hashed without",
        "a key, so the weights are the same on every site. `elicitation_confidence` is the calibrated probability of any class but",
        "`none`; the class is named when it reaches the threshold of the settings.",
        "",
        "## Made from",
        "",
        f"- seed {made['seed']}, {made['samples']:,} samples, {made['weights_bytes']:,} bytes of weights, {made['buckets']:,} buckets",
        f"- training set SHA-256 `{made['training_set_sha256'][:16]}…`, weights SHA-256 `{made['weights_sha256'][:16]}…`",
        f"- skeletons written by hand: {', '.join(f'{name} {count}' for name, count in made['phrasings'].items())}",
        "",
        "## Held-out phrasings",
        "",
        "Every skeleton and every synonym belongs to one of four parts, by a checksum. Each part's skeletons are judged by a model that",
        "was trained without them and without a quarter of the synonyms. In the strict case the judged samples use that quarter alone:",
        f"sentence and key words are both new. {len(chance):,} samples, {demand.mean():.0%} of them demands.",
        "",
        f"- area under the ROC curve, strict case: **{area(strict.odds, strict.elicitation > 0):.3f}**",
        f"- area under the ROC curve, any demand against none: **{area(held.odds, demand):.3f}**",
        f"- at confidence 0.5: demands flagged {(chance[demand] >= 0.5).mean():.1%}; ordinary requests flagged"
        f" {(chance[none] >= 0.5).mean():.1%}, of near misses {(chance[none & held.near] >= 0.5).mean():.1%}",
        f"- at confidence 0.2: demands flagged {(chance[demand] >= 0.2).mean():.1%}; ordinary requests flagged"
        f" {(chance[none] >= 0.2).mean():.1%}, of near misses {(chance[none & held.near] >= 0.2).mean():.1%}",
        f"- capability class right: {(held.capability == held.best_capability)[known].mean():.1%} of {len(CAPABILITY_CLASSES)} classes"
        " (a weak hint: most slots are short and new to the model)",
        "",
        "| class | samples | flagged as any demand | precision of the class | recall of the class | AUC against none |",
        "|---|---|---|---|---|---|",
    ]
    for index, name in enumerate(ELICITATION_CLASSES[1:], 1):
        of_class, called = held.elicitation == index, said == index
        precision = (held.elicitation[called] == index).mean() if called.any() else float("nan")
        apart = of_class | none
        lines.append(
            f"| {name} | {of_class.sum():,} | {(chance[of_class] >= 0.5).mean():.1%} | {precision:.1%} |"
            f" {called[of_class].mean():.1%} | {area(held.odds[apart], of_class[apart]):.3f} |"
        )
    lines += ["", "## Reliability", "", "| confidence | samples | mean confidence | share of demands |", "|---|---|---|---|"]
    for low, high in zip(_EDGES, _EDGES[1:], strict=False):
        inside = (chance >= low) & ((chance < high) | (high == 1.0))
        if inside.any():
            lines.append(
                f"| {low:g} to {high:g} | {inside.sum():,} | {np.average(chance[inside], weights=weight[inside]):.3f} |"
                f" {np.average(demand[inside], weights=weight[inside]):.3f} |"
            )
    lines += [
        "",
        f"The confidence is calibrated for traffic of which {PRIOR:.0%} are demands, and the samples are weighted so here. Where they are",
        "rarer, a lone exchange at 0.5 is more often innocent than not. Only pooled evidence counts, which is what the later stages use.",
        "",
        "## What it cannot know",
        "",
        "Licensed makers of synthetic data, benchmark runs and hobbyists word the same demands; the class says what is asked, not by whom",
        "or why. Languages other than English have about a dozen phrasings a class. Default prompts of evaluation and data frameworks",
        "are near misses that remain the largest source of false flags.",
        "",
    ]
    return "\n".join(lines)
