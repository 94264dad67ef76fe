"""References written out: the system prompt, the prompt and the task of each exchange as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.simulate.demands.wordings import Wording
from hydrometer.simulate.supplies import NONE, NUMBER_BITS, NUMBERS

if TYPE_CHECKING:
    from hydrometer.simulate.networks import IntArray, ObjectArray
    from hydrometer.simulate.supplies import Repertoire

_MIX = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True)
class Written:
    """Texts of exchanges, row by row, and how many characters the model reads."""

    system_prompt: pa.Array
    prompt: pa.Array
    task: pa.Array
    characters: IntArray


def write_texts(repertoire: Repertoire, system: IntArray, wording: IntArray, task: IntArray) -> Written:
    """Write out the texts of exchanges."""
    systems, at_system = _texts(repertoire, system)
    tasks, at_task = _texts(repertoire, task)
    wordings, at_wording = _texts(repertoire, wording)
    asked: ObjectArray = tasks[at_task]
    prompts = asked.copy()
    forms = [None if text is None else Wording(None, text) for text in wordings]
    for row in np.flatnonzero(wording != NONE).tolist():
        form = forms[at_wording[row]]
        if form is not None:
            number = (int(wording[row]) & (NUMBERS - 1)) * _MIX + (int(task[row]) & (NUMBERS - 1))
            prompts[row] = repertoire.filled(form, asked[row], number)
    lengths = np.fromiter(map(len, prompts), np.int64, len(prompts))
    of_system = np.array([0 if text is None else len(text) for text in systems], dtype=np.int64)
    return Written(
        pa.array(systems, pa.string()).take(pa.array(at_system)),
        pa.array(prompts, pa.string()),
        pa.array(asked, pa.string()),
        lengths + of_system[at_system],
    )


def _texts(repertoire: Repertoire, references: IntArray) -> tuple[ObjectArray, IntArray]:
    """Return the different texts and which of them each row has.

    A supply that gives no text twice goes on to another number where a text has been given.
    """
    distinct, place = np.unique(references, return_inverse=True)
    out = np.empty(len(distinct), dtype=object)
    given: dict[int, set[str]] = {number: set() for number, s in enumerate(repertoire.supplies) if s.once}
    for at, reference in enumerate(distinct.tolist()):
        if reference == NONE:
            continue
        text = repertoire.text(reference)
        if reference >> NUMBER_BITS in given:
            seen, number = given[reference >> NUMBER_BITS], reference & (NUMBERS - 1)
            while text in seen:
                number = (number * 3 + 1) % NUMBERS
                text = repertoire.text((reference >> NUMBER_BITS << NUMBER_BITS) | number)
            seen.add(text)
        out[at] = text
    return out, place
