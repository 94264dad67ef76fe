"""Real texts of every source with their fingerprints, from which the fingerprints of endless others are made.

A source without end is stood for by a pool of its texts. Any further text of it is one of these with a variant: the
hashes that several texts of the pool share stay (they are the language's and the corpus's), the others are changed, so
that it is another text of the same length and sort. How often a word sequence comes that the pool has once can only be
guessed: it is changed by 0 to 24 bits of the variant, so that it comes about as often as in the pool or far less.
Texts that come twice in the pool stay as they are, for people do send them twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES
from hydrometer.lab.simulate.demands.demand_templates import PromptTemplate
from hydrometer.lab.simulate.sketch_kernels import mix_array
from hydrometer.lab.simulate.text_sources import NONE, NUMBER_BITS, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hydrometer.lab.simulate.networks import IntArray
    from hydrometer.lab.simulate.text_sources import TextCatalogue

Columns = dict[str, npt.NDArray[Any]]
Unsigned = npt.NDArray[np.uint64]

POOL = {"template": 256, "wording": 512, "filling": 1_500}
"""Texts in the pool of an endless source of a kind; that of tasks is as large as the world makes it useful."""
EACH = 8
"""Tasks of each capability class with which templates and system prompts are tried; what comes of them speaks for all."""
FILLINGS = EACH * len(CAPABILITY_CLASSES)
RARE = 25
"""Bits of a variant that may change a hash which the pool has once: fewer than so many."""
_FEW_WORDS = 16
"""A text of fewer words may be hit upon by chance again."""
BLANKS = 4
"""Most blanks that a template has besides the task."""
CONSTANT, OF_TASK, MIXED = 0, 1, 2
"""Where the first (or last) words of a filled template come from."""
_PLAIN = ("prompt_hash", "lead_hash", "tail_hash", "prompt_words", "shape")


@dataclass(frozen=True)
class SketchingMethod:
    """How texts are fingerprinted: `sketch` takes system prompts and prompts and returns columns of FINGERPRINTS."""

    sketch: Callable[[Sequence[str | None], Sequence[str | None]], pa.RecordBatch]
    max_sketch: int
    lead_words: int
    elicitation_threshold: float
    """Below this confidence an exchange is no elicitation."""


class FingerprintPool:
    """A pool of real texts, called units: columns by unit, and their hashes one after another."""

    def __init__(self, catalogue: TextCatalogue, sketching: SketchingMethod, tasks: int) -> None:
        """`tasks` is the size of a pool of tasks."""
        self._catalogue, self._sketching = catalogue, sketching
        self._pool_sizes = {**POOL, "task": tasks, "foreign": tasks // 4}
        self.texts: list[str] = []
        self.columns: Columns = {}
        self.starts: IntArray = np.zeros(1, np.int64)
        self.hashes: IntArray = np.empty(0, np.int64)
        self.masks: Unsigned = np.empty(0, np.uint64)
        self.languages: list[str] = []
        self.outcomes: Columns = {}
        self._pair_rows: dict[int, int] = {}
        self._units: dict[str, IntArray] = {}
        self._examples: list[str] = []
        self._task_means: dict[int, tuple[float, float]] = {}

    def resolve(self, references: IntArray) -> tuple[IntArray, Unsigned]:
        """Return unit (-1 for none) and variant (0: the very text) of each reference."""
        units, variants = np.full(len(references), NONE), np.zeros(len(references), np.uint64)
        numbers = references & (NUMBERS - 1)
        sources = references >> NUMBER_BITS
        for source in np.unique(sources[references != NONE]).tolist():
            rows = np.flatnonzero((sources == source) & (references != NONE))
            units[rows], variants[rows] = self._resolve_in_source(source, numbers[rows])
        return units, variants

    def _resolve_in_source(self, source: int, numbers: IntArray) -> tuple[IntArray, Unsigned]:
        """Return unit and variant of numbers of a source; what the pool lacks is added."""
        text_source = self._catalogue.sources[source]
        if text_source.size:
            unit_index = self._units.setdefault(text_source.name, np.full(text_source.size, NONE))
            wanted = np.unique(numbers)
            missing = wanted[unit_index[wanted] == NONE]
            if len(missing):
                unit_index[missing] = self._add_texts(source, missing)
            return unit_index[numbers], np.zeros(len(numbers), np.uint64)
        pool = text_source.stand_in if text_source.stand_in != NONE else source
        if text_source.distinct and text_source.stand_in == NONE:
            pool = self._catalogue.tasks()
        name = self._catalogue.sources[pool].name
        if name not in self._units:
            self._units[name] = self._add_texts(pool, np.arange(self._pool_sizes[text_source.kind]))
        drawn = mix_array(numbers.astype(np.uint64))
        units = self._units[name][(drawn % np.uint64(len(self._units[name]))).astype(np.int64)]
        variants = mix_array(drawn) | np.uint64(1)
        if not text_source.distinct:
            variants &= self.columns["mask"][units]
        return units, variants

    def fillings(self, units: IntArray, seeds: Unsigned) -> tuple[IntArray, Unsigned]:
        """Return [rows, BLANKS] units and variants of what templates (by unit, -1 for none) have in their blanks."""
        filled, variants = np.full((len(units), BLANKS), NONE), np.zeros((len(units), BLANKS), np.uint64)
        sources = np.where(units[:, None] >= 0, self.columns["blanks"][units], NONE)
        for blank in range(BLANKS):
            for source in np.unique(sources[:, blank]).tolist():
                if source != NONE:
                    rows = np.flatnonzero(sources[:, blank] == source)
                    numbers = (mix_array(seeds[rows] + np.uint64(blank)) >> np.uint64(16)).astype(np.int64)
                    filled[rows, blank], variants[rows, blank] = self._resolve_in_source(source, numbers)
        return filled, variants

    def classify(self, systems: IntArray, templates: IntArray) -> IntArray:
        """Return, for each pair of units (-1 for none, not both), its row in `outcomes`, arrays of [pairs, FILLINGS]."""
        keys = (systems + 1 << 32) | (templates + 1)
        distinct, inverse = np.unique(keys, return_inverse=True)
        missing = [key for key in distinct.tolist() if key not in self._pair_rows]
        if missing:
            self._classify_pairs(missing)
        return np.array([self._pair_rows[key] for key in distinct.tolist()], dtype=np.int64)[inverse]

    def _classify_pairs(self, keys: list[int]) -> None:
        """Fingerprint what the pairs are with the example tasks, and keep the classes."""
        examples = self._example_tasks()
        for first in range(0, len(keys), 256):
            some = keys[first : first + 256]
            systems: list[str | None] = []
            prompts: list[str | None] = []
            for key in some:
                system, template = (key >> 32) - 1, (key & 0xFFFFFFFF) - 1
                systems += [None if system < 0 else self.texts[system]] * FILLINGS
                form = PromptTemplate(None, self.texts[template] if template >= 0 else "{task}")
                prompts += [self._catalogue.fill_template(form, task, number) for number, task in enumerate(examples)]
            classes = self._read_classes(self._sketching.sketch(systems, prompts))
            first_row = len(self._pair_rows)
            self._pair_rows |= {key: first_row + number for number, key in enumerate(some)}
            for name, values in classes.items():
                self.outcomes[name] = _append_rows(self.outcomes.get(name), values.reshape(len(some), FILLINGS))

    def _read_classes(self, batch: pa.RecordBatch) -> Columns:
        """Return the columns of a batch that tell classes, as codes."""
        for language in pc.unique(batch.column("language").drop_null()).to_pylist():
            if language not in self.languages:
                self.languages.append(language)
        vocabularies = {
            "language": self.languages,
            "elicitation": ELICITATION_CLASSES,
            "capability": CAPABILITY_CLASSES,
        }
        return {
            "shape": _read_numbers(batch, "shape"),
            "confidence": batch.column("elicitation_confidence").to_numpy(zero_copy_only=False),
            **{
                name: pc.index_in(batch.column(name), pa.array(values)).to_numpy(zero_copy_only=False)
                for name, values in vocabularies.items()
            },
        }

    def _example_tasks(self) -> list[str]:
        """Return the example tasks, EACH of every capability class; none looks like a demand."""
        if not self._examples:
            self._resolve_in_source(self._catalogue.tasks(), np.zeros(1, np.int64))
            pool = self._units[self._catalogue.sources[self._catalogue.tasks()].name]
            calm = pool[self.columns["confidence"][pool] < self._sketching.elicitation_threshold]
            for capability in range(len(CAPABILITY_CLASSES)):
                fitting = calm[self.columns["capability"][calm] == capability]
                units = np.resize(fitting if len(fitting) else calm, EACH)
                self._examples += [self.texts[unit] for unit in units.tolist()]
        return self._examples

    def _add_texts(self, source: int, numbers: IntArray) -> IntArray:
        """Add texts of a source and return their units."""
        texts = [self._catalogue.text((source << NUMBER_BITS) | n) for n in numbers.tolist()]
        batch = self._sketching.sketch([None] * len(texts), texts)
        made: Columns = {name: _read_numbers(batch, name) for name in _PLAIN} | self._read_classes(batch)
        sketch = batch.column("sketch")
        sizes, hashes = np.diff(sketch.offsets.to_numpy()), sketch.values.to_numpy()
        count = len(texts)
        made["native"] = np.full(count, bool(self._catalogue.sources[source].language))
        made["characters"] = np.fromiter(map(len, texts), np.int64, count)
        made["blanks"] = np.full((count, BLANKS), NONE)
        made["borders"] = np.zeros(count)
        made["lead"], made["tail"] = np.full(count, CONSTANT), np.full(count, CONSTANT)
        framed = [row for row, text in enumerate(texts) if "{task}" in text]
        if framed:
            kept = np.split(hashes, np.cumsum(sizes)[:-1])
            for row in framed:
                kept[row] = self._analyse_template(
                    texts[row], row, made, 48 if 0 < self._catalogue.sources[source].size < 64 else 16
                )
            sizes, hashes = np.array([len(k) for k in kept]), np.concatenate(kept)
        few = made["prompt_words"] < _FEW_WORDS
        made["mask"] = np.where(
            few | _mark_repeated(made["prompt_hash"]), _derive_masks(made["prompt_hash"]), ~np.uint64(0)
        )
        made["lead_mask"], made["tail_mask"] = _derive_masks(made["lead_hash"]), _derive_masks(made["tail_hash"])
        for name, values in made.items():
            self.columns[name] = _append_rows(self.columns.get(name), values)
        units = len(self.texts) + np.arange(count)
        self.texts += texts
        self.starts = np.concatenate([self.starts, self.starts[-1] + np.cumsum(sizes)])
        self.hashes = np.concatenate([self.hashes, hashes])
        self.masks = np.concatenate([self.masks, _derive_masks(hashes)])
        return units

    def _analyse_template(self, text: str, row: int, made: Columns, times: int) -> IntArray:
        """Set what is special of a template in `made[row]` and return the hashes that all its fillings have."""
        form = PromptTemplate(None, text)
        if len(form.blanks) > BLANKS:
            raise ValueError(f"a template has more than {BLANKS} blanks besides the task")
        examples = self._example_tasks()[:: FILLINGS // times][:times]
        batch = self._sketching.sketch(
            [None] * times, [self._catalogue.fill_template(form, task, number) for number, task in enumerate(examples)]
        )
        if times not in self._task_means:
            tasks = self._sketching.sketch([None] * times, examples)
            self._task_means[times] = (
                _read_numbers(tasks, "prompt_words").mean(),
                len(tasks.column("sketch").values) / times,
            )
        task_words, task_size = self._task_means[times]
        sources = [self._catalogue.fillings(rule) for rule in form.blanks]
        made["blanks"][row, : len(sources)] = sources
        values, counts = np.unique(batch.column("sketch").values.to_numpy(), return_counts=True)
        constant: IntArray = values[counts == times]
        words = _read_numbers(batch, "prompt_words").mean() - task_words
        size = counts.sum() / times - len(constant) - task_size
        for source in sources:
            units, _ = self._resolve_in_source(source, np.arange(64))
            words -= self.columns["prompt_words"][units].mean()
            size -= (self.starts[units + 1] - self.starts[units]).mean()
        made["prompt_words"][row], made["borders"][row] = max(0, round(words)), max(0.0, float(size))
        for name, begins in (("lead", text.startswith("{task}")), ("tail", text.endswith("{task}"))):
            end_hashes = np.unique(_read_numbers(batch, f"{name}_hash"))
            made[name][row] = CONSTANT if len(end_hashes) == 1 else OF_TASK if begins else MIXED
            if len(end_hashes) == 1:
                made[f"{name}_hash"][row] = end_hashes[0]
        return constant


def _append_rows(before: npt.NDArray[Any] | None, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values if before is None else np.concatenate([before, values])


def _read_numbers(batch: pa.RecordBatch, name: str) -> IntArray:
    return np.array(pc.fill_null(batch.column(name), 0).to_numpy(zero_copy_only=False), dtype=np.int64)


def _mark_repeated(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which values come more than once."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse] > 1)


def _derive_masks(hashes: IntArray) -> Unsigned:
    """Return which bits of a variant change each hash: none of one that comes twice, else a few that the hash tells."""
    bits = mix_array(hashes.view(np.uint64)) % np.uint64(RARE)
    return np.where(_mark_repeated(hashes), np.uint64(0), (np.uint64(1) << bits) - np.uint64(1))
