"""References to fingerprints without writing a text: composed of the fingerprints in stock."""

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


def compose_sketches(
    pool: FingerprintPool,
    sketching: SketchingMethod,
    system: IntArray,
    template: IntArray,
    task: IntArray,
    tools: npt.NDArray[np.bool_],
) -> SketchedExchanges:
    """Return the fingerprints of exchanges; `tools` says which of them offer tools."""
    systems, system_variants = pool.resolve(system)
    templates, template_variants = pool.resolve(template)
    tasks, task_variants = pool.resolve(task)
    task_hashes = _vary_hashes(pool.columns["prompt_hash"][tasks], task_variants)
    framed, instructed = templates >= 0, systems >= 0
    frame = mix_array(_vary_hashes(pool.columns["prompt_hash"][templates], template_variants))
    whole = np.where(framed, mix_array(task_hashes * np.uint64(3) + frame), task_hashes)
    blanks, blank_variants = pool.fillings(templates, whole)
    columns = pool.columns

    units = np.column_stack([systems, templates, tasks, blanks])
    variants = np.column_stack([system_variants, template_variants, task_variants, blank_variants])
    chance = _scale_to_unit(whole)
    borders = np.where(framed, np.floor(columns["borders"][templates] + chance), 0).astype(np.int64)
    base_hashes = columns["prompt_hash"][tasks].view(np.uint64)
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
    labels = {name: columns[name][tasks] for name in ("shape", "language", "elicitation", "confidence", "capability")}
    rows = np.flatnonzero(framed | instructed)
    pairs = pool.classify(systems[rows], templates[rows])
    example = (mix_array(base_hashes[rows]) % np.uint64(EACH)).astype(np.int64)
    example += labels["capability"][rows] * EACH
    # Shape and language are the prompt's alone; of two demands the plainer one counts.
    framing, plainer = framed[rows], pool.outcomes["confidence"][pairs, example] > labels["confidence"][rows]
    overrides = {
        "shape": framing,
        "language": framing,
        "elicitation": plainer,
        "confidence": plainer,
        "capability": True,
    }
    for name, chosen in overrides.items():
        labels[name][rows] = np.where(chosen, pool.outcomes[name][pairs, example], labels[name][rows])
    labels["capability"][tools] = CAPABILITY_CLASSES.index("tools")
    system_hash = pa.array(
        _vary_hashes(columns["prompt_hash"][systems], system_variants).view(np.int64), mask=~instructed
    )
    made = {
        "sketch": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values[: offsets[-1]])),
        "prompt_hash": pa.array(whole.view(np.int64)),
        "system_hash": system_hash,
        **{
            f"{end}_hash": pa.array(
                _derive_end_hash(pool, sketching, end, tasks, task_variants, templates, template_variants, frame)
            )
            for end in ("lead", "tail")
        },
        "prompt_words": pa.array(words[:, 1:].sum(axis=1), pa.int32()),
        "system_words": pa.array(words[:, 0], pa.int32(), mask=~instructed),
        "shape": pa.array(labels["shape"], pa.int32()),
        "language": encode_column(labels["language"], pool.languages),
        "elicitation": encode_column(labels["elicitation"], ELICITATION_CLASSES),
        "elicitation_confidence": pa.array(labels["confidence"], FINGERPRINTS.column("elicitation_confidence").type),
        "capability": encode_column(labels["capability"], CAPABILITY_CLASSES),
    }
    return SketchedExchanges(made, np.where(units >= 0, columns["characters"][units], 0).sum(axis=1), cut)


def _derive_end_hash(
    pool: FingerprintPool,
    sketching: SketchingMethod,
    end: str,
    tasks: IntArray,
    task_variants: Unsigned,
    templates: IntArray,
    template_variants: Unsigned,
    frame: Unsigned,
) -> IntArray:
    """Return the hash of the first or last words: the wording's where it has enough of them there, or the task's."""
    columns = pool.columns
    hashes, masks = columns[f"{end}_hash"], columns[f"{end}_mask"]
    of_task = _vary_hashes(hashes[tasks], masks[tasks] & task_variants)
    of_template = _vary_hashes(hashes[templates], masks[templates] & template_variants)
    source = np.where(templates == NONE, OF_TASK, columns[end][templates])
    enough = (columns["prompt_words"][tasks] >= sketching.lead_words) | (templates == NONE)
    mixed = mix_array(of_task + frame)
    return np.select([source == CONSTANT, (source == OF_TASK) & enough], [of_template, of_task], mixed).view(np.int64)


def _vary_hashes(hashes: IntArray, variants: Unsigned) -> Unsigned:
    """Return the hashes, changed where the variant is not 0."""
    values = hashes.view(np.uint64)
    return np.where(variants == 0, values, mix_array(values ^ variants))


def _scale_to_unit(values: Unsigned) -> npt.NDArray[np.float64]:
    """Return 64-bit values as numbers in [0, 1)."""
    return (values >> np.uint64(11)).astype(np.float64) / 2.0**53
