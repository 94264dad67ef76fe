"""Exchanges in, fingerprints out: the only place where texts are read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract.errors import InputError
from hydrometer.contract.fingerprints import CAPABILITY_CLASSES, ELICITATION_CLASSES, FINGERPRINTS, TRAFFIC
from hydrometer.fingerprint.alphabet import alphabet
from hydrometer.fingerprint.concepts import concept_table
from hydrometer.fingerprint.kernels.demand import COLUMNS
from hydrometer.fingerprint.kernels.rows import fingerprint_rows, pack
from hydrometer.fingerprint.kernels.text import RING, SCRIPTS
from hydrometer.fingerprint.languages import LANGUAGES, decide, stop_table
from hydrometer.fingerprint.model import DemandModel, shipped_model
from hydrometer.fingerprint.texts import TextArrays, text_arrays

if TYPE_CHECKING:
    from hydrometer.contract.settings import FingerprintSettings
    from hydrometer.fingerprint.key import SiteKey

Rows = tuple[npt.NDArray[Any], ...]
_ROWS_A_TASK = 256


class Fingerprinter:
    """Sketches exchanges with the site's key; the same exchange, key and settings give the same row, in any order or
    batch.

    `counts` tells what was cut: `exchanges`, `without_text` (neither system prompt nor prompt), `texts_cut` (longer
    than `max_words`), `sketches_capped` (more than `max_sketch` hashes).
    """

    def __init__(self, settings: FingerprintSettings, key: SiteKey, *, threads: int = 1) -> None:
        """Raises InputError for settings that no sketch can follow."""
        for name, least, most in (
            ("shingle_words", 1, 64),
            ("sample_one_in", 1, 1 << 32),
            ("max_sketch", 1, 1 << 16),
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
        self._model: DemandModel = shipped_model()
        self._stops = stop_table()
        self._key = (*(np.uint64(word) for word in key.words), np.uint64(((1 << 64) - 1) // settings.sample_one_in))

    def batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch (schema of EXCHANGES) without its texts and with its fingerprints (schema of TRAFFIC).

        Without system prompt and prompt, every fingerprint is null. Without a prompt, its hashes, length, shape and
        language are; the hashes of a text without words are null too.
        """
        columns = self._fingerprints(batch)
        arrays = []
        for column in TRAFFIC.columns:
            array = columns.get(column.name)
            if array is None:
                array = batch.column(column.name)
                array = array if array.type == column.type else array.cast(column.type)
            arrays.append(array)
        return pa.RecordBatch.from_arrays(arrays, schema=TRAFFIC.schema)

    def rows(self, system: TextArrays, prompt: TextArrays) -> Rows:
        """Run the kernel over all rows; returns its `out` arrays."""
        settings, count = self._settings, len(prompt[2])
        out: Rows = (
            np.empty((count, settings.max_sketch), np.int64),
            np.empty(count, np.int32),
            np.empty((count, 4), np.int64),
            np.empty((count, 2), np.int32),
            np.empty(count, np.int32),
            np.empty((count, SCRIPTS), np.int32),
            np.empty((count, len(LANGUAGES)), np.int32),
            np.empty((count, COLUMNS), np.int32),
            np.empty(count, np.int32),
            np.empty(count, np.bool_),
        )
        numbers = (settings.shingle_words, settings.max_sketch, settings.max_words, settings.lead_words)

        def run(low: int, high: int) -> None:
            fingerprint_rows(
                low,
                high,
                system,
                prompt,
                alphabet().tables,
                self._stops,
                self._model.table,
                concept_table(),
                self._key,
                numbers,
                out,
            )

        if self._threads == 1 or count <= _ROWS_A_TASK:
            run(0, count)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                lows = range(0, count, _ROWS_A_TASK)
                list(pool.map(run, lows, (min(count, low + _ROWS_A_TASK) for low in lows)))
        return out

    def _fingerprints(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        system, prompt = text_arrays(batch.column("system_prompt")), text_arrays(batch.column("prompt"))
        sketch, size, hashes, words, shape, scripts, votes, scores, cut, capped = self.rows(system, prompt)
        absent, no_system, no_prompt = ~(system[2] | prompt[2]), ~system[2], ~prompt[2]
        self.counts["exchanges"] += len(absent)
        self.counts["without_text"] += int(absent.sum())
        self.counts["texts_cut"] += int(cut.sum())
        self.counts["sketches_capped"] += int(capped.sum())

        offsets = np.zeros(len(size) + 1, np.int32)
        np.cumsum(size, out=offsets[1:])
        values = np.empty(offsets[-1], np.int64)
        pack(sketch, offsets, values)
        best, confidence = self._model.elicitation(scores)
        confidence[words.sum(axis=1) == 0] = 0
        flagged = confidence >= self._settings.elicitation_threshold
        elicitation = np.array(ELICITATION_CLASSES, dtype=object)[np.where(flagged, best, 0)]
        capability = np.array(CAPABILITY_CLASSES, dtype=object)[self._model.capability(scores, words).argmax(axis=1)]
        capability[_offers_tools(batch.column("tool_names"))] = "tools"
        wordless_prompt = words[:, 1] == 0
        content: dict[str, tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]] = {
            "prompt_hash": (hashes[:, 1], wordless_prompt),
            "system_hash": (hashes[:, 0], words[:, 0] == 0),
            "lead_hash": (hashes[:, 2], wordless_prompt),
            "tail_hash": (hashes[:, 3], wordless_prompt),
            "prompt_words": (words[:, 1], no_prompt),
            "system_words": (words[:, 0], no_system),
            "shape": (shape, no_prompt),
            "language": (decide(scripts, votes, words[:, 1]), no_prompt),
            "elicitation": (elicitation, absent),
            "elicitation_confidence": (confidence, absent),
            "capability": (capability, absent),
        }
        columns = {name: pa.array(v, FINGERPRINTS.column(name).type, mask=mask) for name, (v, mask) in content.items()}
        columns["sketch"] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(values), mask=pa.array(absent))
        return columns


def _offers_tools(column: pa.Array) -> npt.NDArray[np.bool_]:
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False)) > 0
