"""What benchmarks/fingerprint.py measures: Hydrometer's fingerprint and sketch, other makers of sketches, the limits.

A maker takes the exchanges and a number of threads, imports and prepares what it needs, and returns what is timed.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit

from hydrometer.contract.settings import FingerprintSettings
from hydrometer.fingerprint import Fingerprinter, SiteKey
from hydrometer.fingerprint.kernels.keyed_hashing import SPREAD, sample_shingles, sort_unique
from hydrometer.fingerprint.kernels.tokeniser import SCRIPTS, make_token_scratch, tokenise
from hydrometer.fingerprint.kernels.word_hashing import RING
from hydrometer.fingerprint.text_arrays import view_text_arrays
from hydrometer.fingerprint.unicode_tables import build_unicode_tables

Timed = Callable[[], object]
HASHES = 128
"""Of a MinHash signature, as datasketch and rensa have it by default."""
FEW = 64
"""Of a short signature and of a bottom-k sketch; a FracMinHash of 1.8 KB at one in four holds about 72."""
WORDS = 3
"""Of a shingle."""
_WHOLE = (1 << 64) - 1


class Run(NamedTuple):
    """One row of the table."""

    what: str
    computes: str
    make: Callable[[pa.RecordBatch, int], Timed]
    threads: tuple[int, ...] = (1, 2)


def _fingerprint(batch: pa.RecordBatch, threads: int) -> Timed:
    maker = Fingerprinter(FingerprintSettings(), SiteKey(bytes(16)), threads=threads)
    return lambda: maker.fingerprint_batch(batch)


# Like the kernel it is cut from, without Numba's reference counts.
@njit(nogil=True, _nrt=False)  # type: ignore[call-overload, untyped-decorator]
def _sketch_rows(low: int, high: int, text: Any, tables: Any, limit: int, least: Any, key: Any, room: Any) -> int:
    """Tokenise and sketch rows low..high; returns how many hashes their sketches hold."""
    data, offsets, _ = text
    words, stems, seen, reading, kept, spare, counts, shingled = room
    total = 0
    for row in range(low, high):
        count, _ = tokenise(data, offsets[row], offsets[row + 1], tables, limit, words, stems, seen, reading)
        have = sample_shingles(words, min(count, limit), WORDS, least, key[0], key[1], kept, 0, shingled)
        total += sort_unique(kept, have, spare, counts)
    return total


def _sketch(batch: pa.RecordBatch, threads: int) -> Timed:
    settings = FingerprintSettings()
    text, limit, rows = view_text_arrays(batch.column("prompt")), settings.max_words, batch.num_rows
    least, key = np.uint64(_WHOLE // settings.sample_one_in), (np.uint64(1), np.uint64(2))
    rooms = [
        (
            np.empty(limit + RING, np.uint64),
            np.empty(limit + RING, np.uint64),
            np.empty(SCRIPTS, np.int32),
            make_token_scratch(),
            np.empty(limit + 16, np.int64),
            np.empty(limit + 16, np.int64),
            np.empty((1 << SPREAD) + 1, np.int32),
            np.empty((2, limit), np.uint64),
        )
        for _ in range(threads)
    ]

    def part(thread: int) -> int:
        low, high = rows * thread // threads, rows * (thread + 1) // threads
        return int(_sketch_rows(low, high, text, build_unicode_tables().arrays, limit, least, key, rooms[thread]))

    return _spread(part, threads)


def _spread(part: Callable[[int], object], threads: int) -> Timed:
    """Return a call of `part` with each of 0..threads, side by side."""
    if threads == 1:
        return lambda: part(0)
    pool = ThreadPoolExecutor(threads)
    return lambda: list(pool.map(part, range(threads)))


@functools.cache
def _daft_on(threads: int) -> Any:
    """Return Daft, held to so many threads; it can be told once."""
    daft = importlib.import_module("daft")
    daft.set_runner_native(num_threads=threads)
    return daft


def _daft(batch: pa.RecordBatch, threads: int, hashes: int = HASHES, normalised: bool = False) -> Timed:
    daft = _daft_on(threads)
    texts = daft.from_arrow(pa.table({"prompt": batch.column("prompt")})).collect()
    text = texts["prompt"]
    if normalised:
        text = daft.functions.normalize(text, remove_punct=True, lowercase=True, white_space=True)
    sketch = daft.functions.minhash(text, num_hashes=hashes, ngram_size=WORDS, hash_function="xxhash3_64")
    return lambda: texts.select(sketch).collect()


def _daft_few(batch: pa.RecordBatch, threads: int) -> Timed:
    return _daft(batch, threads, hashes=FEW)


def _daft_normalised(batch: pa.RecordBatch, threads: int) -> Timed:
    return _daft(batch, threads, normalised=True)


def _polars(batch: pa.RecordBatch, threads: int) -> Timed:
    pl = importlib.import_module("polars")
    if pl.thread_pool_size() != threads:
        raise RuntimeError(f"Polars took {pl.thread_pool_size()} threads, not {threads}: set POLARS_MAX_THREADS")
    word = pl.col("word")
    query = (
        pl.DataFrame({"text": pl.Series(values=batch.column("prompt"))})
        .with_row_index("row")
        .lazy()
        .select("row", word=pl.col("text").str.to_lowercase().str.split(" "))
        .explode("word")
        .with_columns(
            shingle=pl.concat_str([word, word.shift(-1), word.shift(-2)], separator=" "),
            inside=pl.col("row").shift(-2) == pl.col("row"),
        )
        .filter("inside")
        .group_by("row")
        .agg(pl.col("shingle").hash(1).unique().bottom_k(FEW))
    )
    return lambda: query.collect()


def _duckdb(batch: pa.RecordBatch, threads: int) -> Timed:
    connection = importlib.import_module("duckdb").connect(config={"threads": threads})
    connection.register("texts", pa.table({"text": batch.column("prompt")}))
    query = f"""
        SELECT list_sort(list_distinct(list_transform(range(1, len(w) - 1),
            lambda i: hash(w[i] || ' ' || w[i + 1] || ' ' || w[i + 2]))))[:{FEW}] AS sketch
        FROM (SELECT string_split(lower(text), ' ') AS w FROM texts)"""
    return lambda: connection.sql(query).to_arrow_table()


def _tokens(text: str) -> list[str]:
    """Return the shingles of a text for those that take them ready-made: lower case, split at white space."""
    words = text.lower().split()
    return [" ".join(words[at : at + WORDS]) for at in range(max(1, len(words) - WORDS + 1))]


def _rensa(digests: str, *, ready: bool) -> Callable[[pa.RecordBatch, int], Timed]:
    """A run of rensa: which digests it makes, and whether the shingles are made before the clock starts."""

    def of(batch: pa.RecordBatch, threads: int) -> Timed:
        del threads  # taken from RAYON_NUM_THREADS
        digest, texts = getattr(importlib.import_module("rensa").RMinHash, digests), batch.column("prompt").to_pylist()
        if ready:
            tokens = [_tokens(text) for text in texts]
            return lambda: digest(tokens, HASHES, 1)
        return lambda: digest([_tokens(text) for text in texts], HASHES, 1)

    return of


_R, _RHO = "digest_matrix_from_token_sets", "digest_matrix_from_token_sets_rho"


def _datasketch(batch: pa.RecordBatch, threads: int) -> Timed:
    del threads  # it has none
    datasketch, texts = importlib.import_module("datasketch"), batch.column("prompt").to_pylist()

    def run() -> None:
        for text in texts:
            datasketch.MinHash(num_perm=HASHES).update_batch([token.encode() for token in _tokens(text)])

    return run


def _gaoya(batch: pa.RecordBatch, threads: int) -> Timed:
    del threads  # taken from RAYON_NUM_THREADS
    gaoya, texts = importlib.import_module("gaoya.minhash"), batch.column("prompt").to_pylist()
    bands = 16

    def run() -> None:
        index = gaoya.MinHashStringIndex(
            hash_size=32,
            jaccard_threshold=0.8,
            num_bands=bands,
            band_size=HASHES // bands,
            analyzer="word",
            lowercase=True,
            ngram_range=(WORDS, WORDS),
            id_container="vec",
        )
        index.par_bulk_insert_docs(list(range(len(texts))), texts)

    return run


def _bytes(batch: pa.RecordBatch) -> Any:
    data, offsets, _ = view_text_arrays(batch.column("prompt"))
    return data[offsets[0] : offsets[-1]]


def _hash(batch: pa.RecordBatch, threads: int) -> Timed:
    xxhash, parts = importlib.import_module("xxhash"), np.array_split(_bytes(batch), threads)
    return _spread(lambda thread: xxhash.xxh3_64_intdigest(parts[thread]), threads)


def _copy(batch: pa.RecordBatch, threads: int) -> Timed:
    parts = np.array_split(_bytes(batch), threads)
    copies = [np.zeros_like(part) for part in parts]
    return _spread(lambda thread: np.copyto(copies[thread], parts[thread]), threads)


RUNS = (
    Run("fingerprint", "sketch, four hashes, demands, language, shape, as Arrow", _fingerprint),
    Run("sketch alone", "words and their folding, keyed FracMinHash of three words, one in four, sorted", _sketch),
    Run("Daft", f"{HASHES} MinHashes of three words as they stand, split at spaces", _daft),
    Run("Daft, short", f"{FEW} MinHashes, else the same", _daft_few),
    Run("Daft, normalised", f"{HASHES} MinHashes after lower case and without punctuation", _daft_normalised),
    Run("rensa", f"{HASHES} R-MinHashes; lower case, split and shingles in Python", _rensa(_R, ready=False)),
    Run("rensa, rho", f"{HASHES} rho-MinHashes, which sample the shingles; these in Python", _rensa(_RHO, ready=False)),
    Run("rensa, ready shingles", f"{HASHES} R-MinHashes; shingles made before and not timed", _rensa(_R, ready=True)),
    Run(
        "rensa, rho, ready shingles",
        f"{HASHES} rho-MinHashes; shingles made before and not timed",
        _rensa(_RHO, ready=True),
    ),
    Run("datasketch", f"{HASHES} MinHashes; lower case, split and shingles in Python", _datasketch, (1,)),
    Run("gaoya", f"{HASHES} MinHashes of three words in lower case, put into its index", _gaoya),
    Run("Polars", f"the {FEW} smallest hashes of three words, in lower case and split at spaces, by a query", _polars),
    Run("DuckDB", f"the {FEW} smallest hashes of three words, in lower case and split at spaces, in SQL", _duckdb),
    Run("xxh3 of the bytes", "limit: one hash of all bytes", _hash),
    Run("copy of the bytes", "limit: numpy.copyto", _copy),
)
