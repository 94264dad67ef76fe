"""The report on the elicitation model, from held-out phrasings."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import rankdata

from elicitation.model_fitting import PRIOR
from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES

_EDGES = (0.0, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)

_WHAT = """\
A linear model over hashed words, five-letter stems, pairs of stems, and runs of up to three concepts (words that stand
for one another, `data/concepts.txt`). It reads the system prompt (first 300 and
last 96 words) and the prompt (first 108 and last 60 words) in windows of 36 words, and the best window speaks for
the text: a short demand before a long document stays visible, and a long innocent text does not add up to a
demand. Words are hashed without a key, so the weights are the same on every site. `elicitation_confidence` is the
calibrated probability of any class but `none`; the class is named when it reaches the threshold of the settings."""
_HELD_OUT = """\
Every skeleton and every synonym belongs to one of four parts, by a checksum. Each part's skeletons are judged by a
model that was trained without them and without a quarter of the synonyms. In the strict case the judged samples
use that quarter alone: sentence and key words are both new. The shipped weights are fitted on all four parts, and
calibrated on what was held out."""
_LANGUAGES = """\
The general files are English but for a tenth of their lines; figures above are theirs. Each language below has a file of its
own in `benchmarks/elicitation/languages/`, and is judged in the same way, at a confidence calibrated on the general files. `class right` is the share of demands whose
likeliest class is the right one, whatever the confidence. Words of Chinese and Japanese are single characters, so
that stems, pairs and pairs with a gap are what carries there; a window holds 36 characters."""
_MEANING = """\
The confidence is calibrated for traffic of which {prior:.1%} are demands, and the samples are weighted so here.
Where they are rarer, a lone exchange at 0.5 is more often innocent than not. Only pooled evidence counts, which is
what the later stages use.

## What it cannot know

Licensed makers of synthetic data, benchmark runs and hobbyists word the same demands; the class says what is
asked, not by whom or why. Languages other than English have far fewer phrasings a class, and those without a file next to none. Default prompts of
evaluation and agent frameworks are the near misses that remain the largest source of false flags."""


class JudgedSamples(NamedTuple):
    """Judged samples: truth, log odds of any demand, likeliest demand, likeliest capability; language of its file, empty for
    the general ones."""

    elicitation: npt.NDArray[np.int64]
    capability: npt.NDArray[np.int64]
    near: npt.NDArray[np.bool_]
    odds: npt.NDArray[np.float64]
    best: npt.NDArray[np.int64]
    best_capability: npt.NDArray[np.int64]
    language: npt.NDArray[np.str_]

    def select(self, chosen: npt.NDArray[np.bool_]) -> JudgedSamples:
        """Return the chosen ones."""
        columns: tuple[Any, ...] = tuple(column[chosen] for column in self)
        return JudgedSamples(*columns)


def compute_auc(odds: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve (the Mann-Whitney statistic)."""
    ranks, count = rankdata(odds), int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(odds) - count)))


def _render_languages(judged: JudgedSamples, strict: JudgedSamples, slope: float, intercept: float) -> list[str]:
    """Return a row of the table for each language."""
    rows = []
    for code in np.unique(judged.language):
        own, own_strict = judged.select(judged.language == code), strict.select(strict.language == code)
        chance, demand = expit(slope * own.odds + intercept), own.elicitation > 0
        shares = [(chance[of] >= least).mean() for of in (demand, ~demand) for least in (0.5, 0.2)]
        named = (own.best == own.elicitation)[demand].mean()
        rows.append(
            f"| {code or 'general'} | {len(chance):,} | {compute_auc(own.odds, demand):.3f} |"
            f" {compute_auc(own_strict.odds, own_strict.elicitation > 0):.3f} | "
            + " | ".join(f"{share:.1%}" for share in shares)
            + f" | {named:.1%} |"
        )
    return rows


def render_report(
    judged: JudgedSamples, strict: JudgedSamples, provenance: dict[str, Any], slope: float, intercept: float
) -> str:
    """Return the Markdown page; `judged` has new skeletons, `strict` has new values in them too."""
    everything, everything_strict = judged, strict
    judged, strict = judged.select(judged.language == ""), strict.select(strict.language == "")
    chance = expit(slope * judged.odds + intercept)
    predicted = np.where(chance >= 0.5, judged.best, 0)
    demand, none = judged.elicitation > 0, judged.elicitation == 0
    has_capability = judged.capability >= 0
    weight = np.where(demand, PRIOR / demand.sum(), (1 - PRIOR) / none.sum())
    phrasings = ", ".join(f"{name} {count}" for name, count in provenance["phrasings"].items())
    flagged = [
        f"- at confidence {least}: demands flagged {(chance[demand] >= least).mean():.1%}, ordinary requests"
        f" {(chance[none] >= least).mean():.1%}, near misses among them"
        f" {(chance[none & judged.near] >= least).mean():.1%}"
        for least in (0.5, 0.2)
    ]
    right = (judged.capability == judged.best_capability)[has_capability].mean()
    lines = [
        "# The elicitation model",
        "",
        f"Written by `{provenance['command']}`; do not edit.",
        "",
        *_WHAT.splitlines(),
        "",
        "## Made from",
        "",
        f"- seed {provenance['seed']}, {provenance['samples']:,} samples",
        f"- {provenance['buckets']:,} buckets; {provenance['weights_bytes']:,} bytes",
        f"- SHA-256 of the training set: `{provenance['training_set_sha256']}`",
        f"- SHA-256 of the weights: `{provenance['weights_sha256']}`",
        f"- skeletons written by hand: {phrasings}",
        "",
        "## Held-out phrasings",
        "",
        *_HELD_OUT.splitlines(),
        "",
        f"- {len(chance):,} samples, {demand.mean():.0%} of them demands",
        f"- area under the ROC curve, any demand against none: **{compute_auc(judged.odds, demand):.3f}**",
        f"- the same, strict case: **{compute_auc(strict.odds, strict.elicitation > 0):.3f}**",
        *flagged,
        f"- capability class right: {right:.1%} of {len(CAPABILITY_CLASSES)} classes (a hint: most slots are short)",
        "",
        "| class | samples | flagged as any demand | precision of the class | recall of the class | AUC against none |",
        "|---|---|---|---|---|---|",
    ]
    for index, name in enumerate(ELICITATION_CLASSES[1:], 1):
        of_class, called = judged.elicitation == index, predicted == index
        precision = (judged.elicitation[called] == index).mean() if called.any() else float("nan")
        apart = of_class | none
        lines.append(
            f"| {name} | {of_class.sum():,} | {(chance[of_class] >= 0.5).mean():.1%} | {precision:.1%} |"
            f" {called[of_class].mean():.1%} | {compute_auc(judged.odds[apart], of_class[apart]):.3f} |"
        )
    lines += [
        "",
        "## Languages",
        "",
        *_LANGUAGES.splitlines(),
        "",
        "| language | samples | AUC | AUC, strict | demands flagged at 0.5 | at 0.2 | ordinary flagged at 0.5 | at 0.2 | class right |",
        "|---|---|---|---|---|---|---|---|---|",
        *_render_languages(everything, everything_strict, slope, intercept),
        "",
        "## Reliability",
        "",
        "| confidence | samples | mean confidence | share of demands |",
        "|---|---|---|---|",
    ]
    for low, high in pairwise(_EDGES):
        inside = (chance >= low) & ((chance < high) | (high == 1.0))
        if inside.any():
            lines.append(
                f"| {low:g} to {high:g} | {inside.sum():,} | {np.average(chance[inside], weights=weight[inside]):.3f} |"
                f" {np.average(demand[inside], weights=weight[inside]):.3f} |"
            )
    lines += ["", *_MEANING.format(prior=PRIOR).splitlines(), ""]
    return "\n".join(lines)
