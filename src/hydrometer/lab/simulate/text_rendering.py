"""References written out: the system prompt, the prompt and the task of each exchange as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.lab.simulate.demands.demand_templates import PromptTemplate
from hydrometer.lab.simulate.text_sources import NONE, NUMBER_BITS, NUMBERS

if TYPE_CHECKING:
    from hydrometer.lab.simulate.networks import IntArray, ObjectArray
    from hydrometer.lab.simulate.text_sources import TextCatalogue

_MIX = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True)
class RenderedTexts:
    """Texts of exchanges, row by row, and how many characters the model reads."""

    system_prompt: pa.Array
    prompt: pa.Array
    task: pa.Array
    characters: IntArray


def render_texts(catalogue: TextCatalogue, system: IntArray, template: IntArray, task: IntArray) -> RenderedTexts:
    """Write out the texts of exchanges."""
    systems, at_system = _render_distinct(catalogue, system)
    tasks, at_task = _render_distinct(catalogue, task)
    templates, at_template = _render_distinct(catalogue, template)
    task_texts: ObjectArray = tasks[at_task]
    prompts = task_texts.copy()
    forms = [None if text is None else PromptTemplate(None, text) for text in templates]
    for row in np.flatnonzero(template != NONE).tolist():
        form = forms[at_template[row]]
        if form is not None:
            number = (int(template[row]) & (NUMBERS - 1)) * _MIX + (int(task[row]) & (NUMBERS - 1))
            prompts[row] = catalogue.fill_template(form, task_texts[row], number)
    lengths = np.fromiter(map(len, prompts), np.int64, len(prompts))
    of_system = np.array([0 if text is None else len(text) for text in systems], dtype=np.int64)
    return RenderedTexts(
        pa.array(systems, pa.string()).take(pa.array(at_system)),
        pa.array(prompts, pa.string()),
        pa.array(task_texts, pa.string()),
        lengths + of_system[at_system],
    )


def _render_distinct(catalogue: TextCatalogue, references: IntArray) -> tuple[ObjectArray, IntArray]:
    """Return the different texts and which of them each row has.

    A source that gives no text twice goes on to another number where a text has been given.
    """
    distinct, inverse = np.unique(references, return_inverse=True)
    out = np.empty(len(distinct), dtype=object)
    given: dict[int, set[str]] = {number: set() for number, s in enumerate(catalogue.sources) if s.distinct}
    for at, reference in enumerate(distinct.tolist()):
        if reference == NONE:
            continue
        text = catalogue.text(reference)
        if reference >> NUMBER_BITS in given:
            used, number = given[reference >> NUMBER_BITS], reference & (NUMBERS - 1)
            while text in used:
                number = (number * 3 + 1) % NUMBERS
                text = catalogue.text((reference >> NUMBER_BITS << NUMBER_BITS) | number)
            used.add(text)
        out[at] = text
    return out, inverse
