"""References to fingerprints without writing a text: composed of the fingerprints in stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hydrometer.contract.fingerprints import CAPABILITY_CLASSES, ELICITATION_CLASSES, FINGERPRINTS
from hydrometer.simulate.kernels import compose, spread_all
from hydrometer.simulate.stock import CONSTANT, EACH, OF_TASK, Stock
from hydrometer.simulate.supplies import NONE
from hydrometer.simulate.tables import coded

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.simulate.networks import IntArray
    from hydrometer.simulate.stock import Sketching, Unsigned

_FIRST_WORDS = 48
"""Words with which most texts begin or end, some far more often than others: so many hashes lie across a border."""


@dataclass(frozen=True, slots=True)
class Sketched:
    """Columns of FINGERPRINTS by name, how many characters the model reads, and how many sketches were cut."""

    columns: dict[str, Any]
    characters: IntArray
    cut: int


def compose_sketches(
    stock: Stock,
    sketching: Sketching,
    system: IntArray,
    wording: IntArray,
    task: IntArray,
    tools: npt.NDArray[np.bool_],
) -> Sketched:
    """Return the fingerprints of exchanges; `tools` says which of them offer tools."""
    systems, system_variants = stock.find(system)
    wordings, wording_variants = stock.find(wording)
    tasks, task_variants = stock.find(task)
    asked = _varied(stock.columns["prompt_hash"][tasks], task_variants)
    framed, instructed = wordings >= 0, systems >= 0
    frame = spread_all(_varied(stock.columns["prompt_hash"][wordings], wording_variants))
    whole = np.where(framed, spread_all(asked * np.uint64(3) + frame), asked)
    blanks, blank_variants = stock.fillings(wordings, whole)
    columns = stock.columns

    units = np.column_stack([systems, wordings, tasks, blanks])
    variants = np.column_stack([system_variants, wording_variants, task_variants, blank_variants])
    chance = _shares(whole)
    borders = np.where(framed, np.floor(columns["borders"][wordings] + chance), 0).astype(np.int64)
    asked_of = columns["prompt_hash"][tasks].view(np.uint64)
    first_word = np.floor(_FIRST_WORDS ** _shares(spread_all(asked_of))).astype(np.uint64)
    sizes = np.where(units >= 0, stock.starts[units + 1] - stock.starts[units], 0).sum(axis=1) + borders
    offsets, values = np.empty(len(task) + 1, np.int64), np.empty(int(sizes.sum()) + 1, np.int64)
    cut = compose(
        units,
        variants,
        stock.starts,
        stock.hashes,
        stock.masks,
        borders,
        spread_all(frame + first_word),
        sketching.max_sketch,
        offsets,
        values,
    )
    words = np.where(units >= 0, columns["prompt_words"][units], 0)
    told = {name: columns[name][tasks] for name in ("shape", "language", "elicitation", "confidence", "capability")}
    rows = np.flatnonzero(framed | instructed)
    pairs = stock.classes(systems[rows], wordings[rows])
    example = (spread_all(asked_of[rows]) % np.uint64(EACH)).astype(np.int64)
    example += told["capability"][rows] * EACH
    # Shape and language are the prompt's alone; of two demands the plainer one counts.
    framing, plainer = framed[rows], stock.outcomes["confidence"][pairs, example] > told["confidence"][rows]
    taken = {"shape": framing, "language": framing, "elicitation": plainer, "confidence": plainer, "capability": True}
    for name, chosen in taken.items():
        told[name][rows] = np.where(chosen, stock.outcomes[name][pairs, example], told[name][rows])
    told["capability"][tools] = CAPABILITY_CLASSES.index("tools")
    system_hash = pa.array(_varied(columns["prompt_hash"][systems], system_variants).view(np.int64), mask=~instructed)
    made = {
        "sketch": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values[: offsets[-1]])),
        "prompt_hash": pa.array(whole.view(np.int64)),
        "system_hash": system_hash,
        **{
            f"{end}_hash": pa.array(
                _end(stock, sketching, end, tasks, task_variants, wordings, wording_variants, frame)
            )
            for end in ("lead", "tail")
        },
        "prompt_words": pa.array(words[:, 1:].sum(axis=1), pa.int32()),
        "system_words": pa.array(words[:, 0], pa.int32(), mask=~instructed),
        "shape": pa.array(told["shape"], pa.int32()),
        "language": coded(told["language"], stock.languages),
        "elicitation": coded(told["elicitation"], ELICITATION_CLASSES),
        "elicitation_confidence": pa.array(told["confidence"], FINGERPRINTS.column("elicitation_confidence").type),
        "capability": coded(told["capability"], CAPABILITY_CLASSES),
    }
    return Sketched(made, np.where(units >= 0, columns["characters"][units], 0).sum(axis=1), cut)


def _end(
    stock: Stock,
    sketching: Sketching,
    end: str,
    tasks: IntArray,
    task_variants: Unsigned,
    wordings: IntArray,
    wording_variants: Unsigned,
    frame: Unsigned,
) -> IntArray:
    """Return the hash of the first or last words: the wording's where it has enough of them there, or the task's."""
    columns = stock.columns
    hashes, masks = columns[f"{end}_hash"], columns[f"{end}_mask"]
    of_task = _varied(hashes[tasks], masks[tasks] & task_variants)
    of_wording = _varied(hashes[wordings], masks[wordings] & wording_variants)
    source = np.where(wordings == NONE, OF_TASK, columns[end][wordings])
    enough = (columns["prompt_words"][tasks] >= sketching.lead_words) | (wordings == NONE)
    mixed = spread_all(of_task + frame)
    return np.select([source == CONSTANT, (source == OF_TASK) & enough], [of_wording, of_task], mixed).view(np.int64)


def _varied(hashes: IntArray, variants: Unsigned) -> Unsigned:
    """Return the hashes, changed where the variant is not 0."""
    values = hashes.view(np.uint64)
    return np.where(variants == 0, values, spread_all(values ^ variants))


def _shares(values: Unsigned) -> npt.NDArray[np.float64]:
    """Return 64-bit values as numbers in [0, 1)."""
    return (values >> np.uint64(11)).astype(np.float64) / 2.0**53
