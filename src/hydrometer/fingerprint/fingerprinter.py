"""Exchanges in, fingerprints out: texts are read nowhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES, FINGERPRINTS, MOST_HASHES, TRAFFIC, InputError
from hydrometer.fingerprint.concepts import build_concept_table
from hydrometer.fingerprint.elicitation_model import ElicitationModel, load_shipped_model
from hydrometer.fingerprint.kernels.elicitation_scoring import COLUMNS
from hydrometer.fingerprint.kernels.fingerprint_pass import fingerprint_rows, make_row_scratch
from hydrometer.fingerprint.kernels.tokeniser import SCRIPTS
from hydrometer.fingerprint.kernels.vector_intrinsics import LANES
from hydrometer.fingerprint.kernels.word_hashing import RING
from hydrometer.fingerprint.languages import CODES, build_stop_table, decide_languages
from hydrometer.fingerprint.text_arrays import TextArrays, view_text_arrays
from hydrometer.fingerprint.text_folding import fold_rows
from hydrometer.fingerprint.unicode_tables import build_unicode_tables

if TYPE_CHECKING:
    from hydrometer.contract import FingerprintSettings
    from hydrometer.fingerprint.site_key import SiteKey

_LEAST_ROWS, _MOST_ROWS = 256, 1024
"""Rows of a task: enough for the kernel's start to be lost in them, few enough for their columns to stay in the cache."""
_LANGUAGES, _ELICITATION, _CAPABILITY = pa.array(CODES), pa.array(ELICITATION_CLASSES), pa.array(CAPABILITY_CLASSES)
_TOOLS = CAPABILITY_CLASSES.index("tools")


class RowFingerprints(NamedTuple):
    """What is made of the texts of some rows, a value a row unless said otherwise."""

    sketch: npt.NDArray[np.int64]
    """The hashes of all rows, one after the other."""
    size: npt.NDArray[np.int32]
    hashes: npt.NDArray[np.int64]
    """Of (system prompt, prompt, lead, tail), [rows, 4]."""
    words: npt.NDArray[np.int32]
    """Of (system prompt, prompt), [rows, 2]."""
    shape: npt.NDArray[np.int32]
    language: npt.NDArray[np.int8]
    """Places in languages.CODES."""
    elicitation: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32]
    capability: npt.NDArray[np.int64]
    cut: npt.NDArray[np.int32]
    """How many of its two texts were longer than `max_words`."""
    capped: npt.NDArray[np.bool_]


class Fingerprinter:
    """Maker of fingerprints with the site's key; the same exchange, key and settings give the same row, in any order or
    batch.

    `counts` tells what was cut: `exchanges`, `without_text` (neither system prompt nor prompt), `texts_cut` (longer
    than `max_words`), `sketches_capped` (more than `max_sketch` hashes).
    """

    def __init__(self, settings: FingerprintSettings, key: SiteKey, *, threads: int = 1) -> None:
        """Check the settings; raises InputError for some that no sketch can follow."""
        for name, least, most in (
            ("shingle_words", 1, 64),
            ("sample_one_in", 1, 1 << 32),
            ("max_sketch", 1, MOST_HASHES),
            ("max_words", RING, 1 << 24),
            ("lead_words", 1, RING),
        ):
            if not least <= getattr(settings, name) <= most:
                raise InputError(
                    f"{getattr(settings, name)} is out of range",
                    file="settings",
                    column=name,
                    mend=f"Give {least} to {most}.",
                )
        self.counts = dict.fromkeys(("exchanges", "without_text", "texts_cut", "sketches_capped"), 0)
        self._settings, self._threads = settings, max(1, threads)
        self._model: ElicitationModel = load_shipped_model()
        self._stops, self._concepts = build_stop_table(), build_concept_table()
        self._key = (*(np.uint64(word) for word in key.words), np.uint64(((1 << 64) - 1) // settings.sample_one_in))

    def fingerprint_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch (schema of EXCHANGES) without its texts and with its fingerprints (schema of TRAFFIC).

        Without system prompt and prompt, every fingerprint is null. Without a prompt, its hashes, length, shape and
        language are; the hashes of a text without words are null too.
        """
        columns = self._make_columns(batch)
        arrays = []
        for column in TRAFFIC.columns:
            array = columns.get(column.name)
            if array is None:
                array = batch.column(column.name)
                array = array if array.type == column.type else array.cast(column.type)
            arrays.append(array)
        return pa.RecordBatch.from_arrays(arrays, schema=TRAFFIC.schema)

    def fingerprint_texts(self, system: TextArrays, prompt: TextArrays) -> RowFingerprints:
        """Run the kernels and the model over all rows."""
        rows = len(prompt[2])
        share = rows if self._threads == 1 else -(-rows // (4 * self._threads))
        size = min(max(_LEAST_ROWS, share), _MOST_ROWS)
        lows = range(0, rows, size)
        tasks = [(system, prompt, low, min(rows, low + size)) for low in lows] or [(system, prompt, 0, 0)]
        if self._threads == 1 or len(tasks) == 1:
            parts = [self._run_kernel(*task) for task in tasks]
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                parts = list(pool.map(self._run_kernel, *zip(*tasks, strict=True)))
        return RowFingerprints(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _run_kernel(self, system: TextArrays, prompt: TextArrays, low: int, high: int) -> RowFingerprints:
        settings, rows = self._settings, high - low
        sketch, size = np.empty(rows * settings.max_sketch, np.int64), np.empty(rows, np.int32)
        hashes, words, shape = np.empty((rows, 4), np.int64), np.empty((rows, 2), np.int32), np.empty(rows, np.int32)
        scripts, votes = np.empty((rows, SCRIPTS), np.int32), np.empty(rows * LANES, np.int32)
        scores, cut, capped = np.empty((rows, COLUMNS), np.int32), np.empty(rows, np.int32), np.empty(rows, np.bool_)
        hash_count = fingerprint_rows(
            0,
            rows,
            fold_rows(system, low, high),
            fold_rows(prompt, low, high),
            build_unicode_tables().arrays,
            self._stops,
            self._model.table,
            self._concepts,
            self._key,
            (settings.shingle_words, settings.max_sketch, settings.max_words, settings.lead_words),
            (sketch, size, hashes, words, shape, scripts, votes, scores, cut, capped),
            make_row_scratch(settings.max_words, settings.lead_words),
        )
        elicitation, confidence = self._model.predict_elicitation(scores)
        confidence[words.sum(axis=1) == 0] = 0
        elicitation[confidence < settings.elicitation_threshold] = 0
        capability = self._model.predict_capability(scores, words).argmax(axis=1)
        language = decide_languages(scripts, votes.reshape(rows, LANES), words[:, 1])
        return RowFingerprints(
            sketch[:hash_count], size, hashes, words, shape, language, elicitation, confidence, capability, cut, capped
        )

    def _make_columns(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        system, prompt = view_text_arrays(batch.column("system_prompt")), view_text_arrays(batch.column("prompt"))
        rows = self.fingerprint_texts(system, prompt)
        absent, no_system, no_prompt = ~(system[2] | prompt[2]), ~system[2], ~prompt[2]
        self.counts["exchanges"] += len(absent)
        self.counts["without_text"] += int(absent.sum())
        self.counts["texts_cut"] += int(rows.cut.sum())
        self.counts["sketches_capped"] += int(rows.capped.sum())
        capability = np.where(_offers_tools(batch.column("tool_names")), _TOOLS, rows.capability)
        wordless_prompt = rows.words[:, 1] == 0
        numbers: dict[str, tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]] = {
            "prompt_hash": (rows.hashes[:, 1], wordless_prompt),
            "system_hash": (rows.hashes[:, 0], rows.words[:, 0] == 0),
            "lead_hash": (rows.hashes[:, 2], wordless_prompt),
            "tail_hash": (rows.hashes[:, 3], wordless_prompt),
            "prompt_words": (rows.words[:, 1], no_prompt),
            "system_words": (rows.words[:, 0], no_system),
            "shape": (rows.shape, no_prompt),
            "elicitation_confidence": (rows.confidence, absent),
        }
        names: dict[str, tuple[pa.Array, npt.NDArray[Any], npt.NDArray[np.bool_]]] = {
            "language": (_LANGUAGES, rows.language, no_prompt),
            "elicitation": (_ELICITATION, rows.elicitation, absent),
            "capability": (_CAPABILITY, capability, absent),
        }
        columns = {name: pa.array(v, FINGERPRINTS.column(name).type, mask=mask) for name, (v, mask) in numbers.items()}
        columns |= {name: labels.take(pa.array(codes, mask=mask)) for name, (labels, codes, mask) in names.items()}
        offsets = np.zeros(len(rows.size) + 1, np.int32)
        np.cumsum(rows.size, out=offsets[1:])
        columns["sketch"] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(rows.sketch), mask=pa.array(absent))
        return columns


def _offers_tools(column: pa.Array) -> npt.NDArray[np.bool_]:
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False)) > 0
