"""References to fingerprints without writing a text: composed of the fingerprints of a pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES, FINGERPRINTS
from hydrometer.lab.simulate.fingerprint_pool import CONSTANT, EACH, OF_TASK, FingerprintPool
from hydrometer.lab.simulate.sketch_kernels import compose_rows, mix_array
from hydrometer.lab.simulate.text_sources import NONE
from hydrometer.lab.simulate.world_tables import encode_column

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.lab.simulate.fingerprint_pool import SketchingMethod, Unsigned
    from hydrometer.lab.simulate.networks import IntArray

_FIRST_WORDS = 48
"""Words with which most texts begin or end, some far more often than others: so many hashes lie across a border."""


@dataclass(frozen=True, slots=True)
class SketchedExchanges:
    """Columns of FINGERPRINTS by name, how many characters the model reads, and how many sketches were cut."""

    columns: dict[str, Any]
    characters: IntArray
    cut: int


@dataclass(frozen=True, slots=True)
class _UnitReferences:
    """Of each exchange the unit of one of its texts in the pool (-1 for none), and the variant."""

    units: IntArray
    variants: Unsigned

    def vary(self, hashes: IntArray) -> Unsigned:
        """Return the hash of each text, of one a unit."""
        return _vary_hashes(hashes[self.units], self.variants)


def compose_sketches(
    pool: FingerprintPool,
    sketching: SketchingMethod,
    system: IntArray,
    template: IntArray,
    task: IntArray,
    tools: npt.NDArray[np.bool_],
) -> SketchedExchanges:
    """Return the fingerprints of exchanges; `tools` says which of them offer tools."""
    systems, templates, tasks = (_UnitReferences(*pool.resolve(references)) for references in (system, template, task))
    columns = pool.columns
    task_hashes = tasks.vary(columns["prompt_hash"])
    framed, instructed = templates.units >= 0, systems.units >= 0
    frame = mix_array(templates.vary(columns["prompt_hash"]))
    whole = np.where(framed, mix_array(task_hashes * np.uint64(3) + frame), task_hashes)
    blanks, blank_variants = pool.fillings(templates.units, whole)

    units = np.column_stack([systems.units, templates.units, tasks.units, blanks])
    variants = np.column_stack([systems.variants, templates.variants, tasks.variants, blank_variants])
    borders = np.where(framed, np.floor(columns["borders"][templates.units] + _scale_to_unit(whole)), 0).astype(
        np.int64
    )
    base_hashes = columns["prompt_hash"][tasks.units].view(np.uint64)
    first_word = np.floor(_FIRST_WORDS ** _scale_to_unit(mix_array(base_hashes))).astype(np.uint64)
    sizes = np.where(units >= 0, pool.starts[units + 1] - pool.starts[units], 0).sum(axis=1) + borders
    offsets, values = np.empty(len(task) + 1, np.int64), np.empty(int(sizes.sum()) + 1, np.int64)
    cut = compose_rows(
        units,
        variants,
        pool.starts,
        pool.hashes,
        pool.masks,
        borders,
        mix_array(frame + first_word),
        sketching.max_sketch,
        offsets,
        values,
    )
    words = np.where(units >= 0, columns["prompt_words"][units], 0)
    ends = _EndHashes(pool, sketching.lead_words, tasks, templates, frame)
    made = {
        "sketch": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values[: offsets[-1]])),
        "prompt_hash": pa.array(whole.view(np.int64)),
        "system_hash": pa.array(systems.vary(columns["prompt_hash"]).view(np.int64), mask=~instructed),
        "lead_hash": pa.array(ends.derive("lead")),
        "tail_hash": pa.array(ends.derive("tail")),
        "prompt_words": pa.array(words[:, 1:].sum(axis=1), pa.int32()),
        "system_words": pa.array(words[:, 0], pa.int32(), mask=~instructed),
        **_compose_labels(pool, systems.units, templates.units, tasks.units, tools),
    }
    return SketchedExchanges(made, np.where(units >= 0, columns["characters"][units], 0).sum(axis=1), cut)


def _compose_labels(
    pool: FingerprintPool, systems: IntArray, templates: IntArray, tasks: IntArray, tools: npt.NDArray[np.bool_]
) -> dict[str, pa.Array]:
    """Return the columns that say what exchanges are: the task's, where nothing around it says otherwise."""
    columns, framed = pool.columns, templates >= 0
    labels = {name: columns[name][tasks] for name in ("shape", "language", "elicitation", "confidence", "capability")}
    rows = np.flatnonzero(framed | (systems >= 0))
    pairs = pool.classify(systems[rows], templates[rows])
    base_hashes = columns["prompt_hash"][tasks].view(np.uint64)
    example = (mix_array(base_hashes[rows]) % np.uint64(EACH)).astype(np.int64)
    example += labels["capability"][rows] * EACH
    # A demand in the language of its task is tried with tasks in English, which say nothing of it.
    native = columns["native"][templates[rows]] & (columns["language"][templates[rows]] == labels["language"][rows])
    # Shape and language are the prompt's alone; of two demands the plainer one counts.
    framing, plainer = framed[rows], pool.outcomes["confidence"][pairs, example] > labels["confidence"][rows]
    overrides = {
        "shape": framing,
        "language": framing & ~native,
        "elicitation": plainer,
        "confidence": plainer,
        "capability": True,
    }
    for name, chosen in overrides.items():
        labels[name][rows] = np.where(chosen, pool.outcomes[name][pairs, example], labels[name][rows])
    labels["capability"][tools] = CAPABILITY_CLASSES.index("tools")
    return {
        "shape": pa.array(labels["shape"], pa.int32()),
        "language": encode_column(labels["language"], pool.languages),
        "elicitation": encode_column(labels["elicitation"], ELICITATION_CLASSES),
        "elicitation_confidence": pa.array(labels["confidence"], FINGERPRINTS.column("elicitation_confidence").type),
        "capability": encode_column(labels["capability"], CAPABILITY_CLASSES),
    }


@dataclass(frozen=True, slots=True)
class _EndHashes:
    """What the hashes of the first and last words of prompts follow from."""

    pool: FingerprintPool
    lead_words: int
    tasks: _UnitReferences
    templates: _UnitReferences
    frame: Unsigned

    def derive(self, end: str) -> IntArray:
        """Return the hash of the lead or tail: the template's where it has enough words there, or the task's."""
        columns, tasks, templates = self.pool.columns, self.tasks, self.templates
        hashes, masks = columns[f"{end}_hash"], columns[f"{end}_mask"]
        of_task = _vary_hashes(hashes[tasks.units], masks[tasks.units] & tasks.variants)
        of_template = _vary_hashes(hashes[templates.units], masks[templates.units] & templates.variants)
        source = np.where(templates.units == NONE, OF_TASK, columns[end][templates.units])
        enough = (columns["prompt_words"][tasks.units] >= self.lead_words) | (templates.units == NONE)
        mixed = mix_array(of_task + self.frame)
        return np.select([source == CONSTANT, (source == OF_TASK) & enough], [of_template, of_task], mixed).view(
            np.int64
        )


def _vary_hashes(hashes: IntArray, variants: Unsigned) -> Unsigned:
    """Return the hashes, changed where the variant is not 0."""
    values = hashes.view(np.uint64)
    return np.where(variants == 0, values, mix_array(values ^ variants))


def _scale_to_unit(values: Unsigned) -> npt.NDArray[np.float64]:
    """Return 64-bit values as numbers in [0, 1)."""
    return (values >> np.uint64(11)).astype(np.float64) / 2.0**53
