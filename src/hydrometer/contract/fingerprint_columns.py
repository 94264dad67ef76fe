"""Fingerprint columns: what stays of the texts once they have been sketched.

All hashes are signed 64-bit, keyed by the site key and one way. Two sites' hashes never match.
"""

from __future__ import annotations

import pyarrow as pa

from hydrometer.contract.exchange_columns import EXCHANGES, TEXTS
from hydrometer.contract.table_spec import ColumnSpec, TableSpec

ELICITATION_CLASSES = (
    "none",
    "reasoning_trace",
    "finished_answer_trace",
    "grading",
    "trace_cleaning",
    "agentic_trajectory",
    "synthetic_generation",
    "restricted_rewriting",
    "hidden_reasoning_probe",
)
"""What is asked of the model; index 0 is an ordinary request."""

CAPABILITY_CLASSES = ("chat", "maths", "code", "tools", "analysis", "writing", "translation", "knowledge", "vision")
"""What the request exercises."""

FOLD_KEY = b"hydrometer.fold"
"""Name, in the metadata of a Parquet file of fingerprints, of the version of the fold that its texts went through."""

MOST_HASHES = 65_535
"""Hashes of one sketch: an exchange's are counted in 16 bits."""

FINGERPRINTS = TableSpec(
    "fingerprints",
    "what stays of an exchange's texts",
    (
        ColumnSpec(
            "sketch", pa.list_(pa.int64()), "sorted FracMinHash of the word shingles of system prompt and prompt"
        ),
        ColumnSpec("prompt_hash", pa.int64(), "hash of the normalised prompt: equal for a verbatim repeat"),
        ColumnSpec("system_hash", pa.int64(), "hash of the normalised system prompt, null when there is none"),
        ColumnSpec("lead_hash", pa.int64(), "hash of the prompt's first words"),
        ColumnSpec("tail_hash", pa.int64(), "hash of the prompt's last words"),
        ColumnSpec("prompt_words", pa.int32(), "length of the prompt", unit="words"),
        ColumnSpec("system_words", pa.int32(), "length of the system prompt", unit="words"),
        ColumnSpec(
            "shape", pa.int32(), "bit set of the prompt's structure: list, code, JSON, tags, markup, question, …"
        ),
        ColumnSpec("language", pa.string(), "ISO 639-1 code of the prompt's language or script, `und` when undecided"),
        ColumnSpec("elicitation", pa.string(), "most likely elicitation class"),
        ColumnSpec("elicitation_confidence", pa.float32(), "probability of any class but `none`", unit="0 to 1"),
        ColumnSpec("capability", pa.string(), "most likely capability class"),
    ),
)

TRAFFIC = TableSpec(
    "traffic",
    "exchanges without texts, with their fingerprints: what every stage after fingerprint/ reads",
    tuple(c for c in EXCHANGES.columns if c.name not in TEXTS) + FINGERPRINTS.columns,
)
