"""Worlds without texts: their fingerprints agree with those of the same world's texts, and lead to the same operators."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from msgspec.structs import replace

from hydrometer import api
from hydrometer.contract.fingerprint_columns import TRAFFIC
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.lab.simulate import SCENARIOS, OperatorSpec, Scenario, make_world_folder, shards
from hydrometer.lab.simulate.labelled_worlds import build_sketching
from hydrometer.lab.simulate.sketch_kernels import compose_rows, mix_array

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = replace(
    SCENARIOS["ladder2"],
    honest=700,
    operators=(replace(SCENARIOS["ladder2"].operators[0], accounts=80, wordings=4, kinds=("reasoning", "grading")),),
)
SEED = 6


@dataclass(frozen=True)
class Twins:
    """One world as fingerprints of its texts and as composed fingerprints; `truth` says of accounts who runs them."""

    told: Path
    composed: Path
    truth: dict[str, str]

    @property
    def tables(self) -> tuple[pa.Table, pa.Table]:
        return pq.read_table(self.told / "exchanges.parquet"), pq.read_table(self.composed / "exchanges.parquet")


def sketched(scenario: Scenario, folder: Path, key: Path, workers: int = 1) -> Path:
    how = build_sketching(Settings(), key)
    make_world_folder(scenario, SEED, folder, sketching=how, workers=workers, progress=SilentProgress())
    return folder


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    return make_twins(SCENARIO, tmp_path_factory.mktemp("twins"))


def make_twins(scenario: Scenario, place: Path) -> Twins:
    make_world_folder(scenario, SEED, place / "texts", sketching=None, workers=1, progress=SilentProgress())
    api.fingerprint(
        place / "texts",
        place / "told",
        Settings(threads=1),
        site_key=place / "key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )
    sketched(scenario, place / "composed", place / "key")
    truth = pq.read_table(place / "texts.truth" / "accounts.parquet").to_pylist()
    return Twins(place / "told", place / "composed", {row["account_id"]: row["operator"] for row in truth})


def sizes(table: pa.Table) -> npt.NDArray[Any]:
    return np.diff(table["sketch"].combine_chunks().offsets.to_numpy())


def repeated(table: pa.Table, column: str) -> float:
    """The share of rows whose value comes in other rows too."""
    values = table[column].drop_null().to_numpy()
    _, counts = np.unique(values, return_counts=True)
    return float(counts[counts > 1].sum() / len(values))


def accounts_per_hash(table: pa.Table) -> npt.NDArray[np.int64]:
    """In how many accounts each hash is, most first."""
    owner = np.repeat(table["account_id"].combine_chunks().dictionary_encode().indices.to_numpy(), sizes(table))
    hashes = table["sketch"].combine_chunks().values.to_numpy()
    order = np.lexsort((owner, hashes))
    hashes, owner = hashes[order], owner[order]
    fresh = np.concatenate([[True], (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])])
    return np.sort(np.unique(hashes[fresh], return_counts=True)[1])[::-1]


def test_all_but_the_fingerprints_is_the_same(twins: Twins) -> None:
    told, composed = twins.tables
    assert composed.schema.equals(TRAFFIC.schema)
    for name in ("exchange_id", "started_at", "account_id", "client_ip", "end_user_id", "turns", "tool_names"):
        assert told[name].equals(composed[name]), name
    assert np.array_equal(told["system_hash"].is_null(), composed["system_hash"].is_null())


def test_sizes_agree(twins: Twins) -> None:
    told, composed = twins.tables
    assert sizes(composed).mean() == pytest.approx(sizes(told).mean(), rel=0.05)
    for level in (0.25, 0.5, 0.75, 0.95):
        assert np.quantile(sizes(composed), level) == pytest.approx(np.quantile(sizes(told), level), rel=0.1, abs=1)
    for name in ("prompt_words", "system_words", "input_tokens"):
        means = [np.nanmean(t[name].to_numpy(zero_copy_only=False)) for t in (composed, told)]
        assert means[0] == pytest.approx(means[1], rel=0.05), name


def test_sketches_are_sorted_sets(twins: Twins) -> None:
    composed = twins.tables[1]["sketch"].combine_chunks()
    values, ends = composed.values.to_numpy(), composed.offsets.to_numpy()
    rising = values[1:] > values[:-1]
    assert rising[np.setdiff1d(np.arange(len(rising)), ends - 1)].all()


def test_repeats_agree(twins: Twins) -> None:
    told, composed = twins.tables
    for name in ("prompt_hash", "system_hash", "lead_hash", "tail_hash"):
        assert repeated(composed, name) == pytest.approx(repeated(told, name), rel=0.12, abs=0.01), name


def test_classes_agree(twins: Twins) -> None:
    told, composed = twins.tables
    guilty = np.array([bool(twins.truth[account]) for account in told["account_id"].to_pylist()])
    flagged = [np.array(table["elicitation"].to_pylist()) != "none" for table in (composed, told)]
    assert flagged[0][guilty].mean() == pytest.approx(flagged[1][guilty].mean(), rel=0.1)
    assert flagged[0].mean() == pytest.approx(flagged[1].mean(), rel=0.1)
    for name in ("language", "capability", "elicitation"):
        counts = [Counter(table[name].to_pylist()) for table in (composed, told)]
        apart = sum(abs(counts[0][key] - counts[1][key]) for key in set(counts[0]) | set(counts[1]))
        assert apart / 2 < 0.1 * told.num_rows, name


def test_hashes_are_in_as_many_accounts(twins: Twins) -> None:
    told, composed = map(accounts_per_hash, twins.tables)
    for place in (0, 20, 100, 400):
        assert composed[place] == pytest.approx(told[place], rel=0.15), place


VARIED = OperatorSpec(name="varied", accounts=24, rate=6, wordings=8, kinds=("reasoning", "grading"))
VARIED_OPERATORS = (
    replace(VARIED, name="polyglot", languages=("ru", "zh", "ar", "pt"), wordings=16),
    replace(VARIED, name="paraphrase", paraphrase=0.9),
    replace(VARIED, name="padding", salt="padding"),
    replace(VARIED, name="invisible", salt="invisible"),
    replace(VARIED, name="harness", harness=True, kinds=("agentic",)),
)


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    return make_twins(Scenario(honest=60, operators=VARIED_OPERATORS), tmp_path_factory.mktemp("varied"))


@pytest.mark.parametrize("name", [spec.name for spec in VARIED_OPERATORS])
def test_wordings_without_end_are_composed_like_texts(varied: Twins, name: str) -> None:
    """A pool of some hundred wordings stands for all: what they have in common is common, and no two are the same."""
    rows = pa.array([varied.truth[account] == name for account in varied.tables[0]["account_id"].to_pylist()])
    told, composed = (table.filter(rows) for table in varied.tables)
    assert sizes(composed).mean() == pytest.approx(sizes(told).mean(), rel=0.1)
    assert repeated(composed, "prompt_hash") == pytest.approx(repeated(told, "prompt_hash"), abs=0.03)
    flagged = [np.mean(np.array(table["elicitation"].to_pylist()) != "none") for table in (composed, told)]
    assert flagged[0] == pytest.approx(flagged[1], abs=0.12)
    spoken = [Counter(table["language"].to_pylist()) for table in (composed, told)]
    assert (
        sum(abs(spoken[0][key] - spoken[1][key]) for key in set(spoken[0]) | set(spoken[1])) / 2 < 0.12 * told.num_rows
    )
    many = [accounts_per_hash(table) for table in (composed, told)]
    for position in (0, 20, 100):
        assert many[0][position] == pytest.approx(many[1][position], rel=0.3, abs=2)


def test_the_same_operators_are_found(twins: Twins, tmp_path: Path) -> None:
    def found(traffic: Path) -> list[set[str]]:
        out = tmp_path / traffic.name
        api.detect(
            traffic,
            out,
            Settings(threads=1, exhibits=False),
            site_key=tmp_path / "key",
            mapping=None,
            source=None,
            progress=SilentProgress(),
        )
        groups: dict[str, set[str]] = {}
        for row in pq.read_table(out / "members.parquet").to_pylist():
            groups.setdefault(row["campaign_id"], set()).add(row["account_id"])
        return list(groups.values())

    pool = {account for account, operator in twins.truth.items() if operator}
    for groups in (found(twins.told), found(twins.composed)):
        assert len(groups) == 1
        assert len(groups[0] & pool) > 0.95 * len(pool)
        assert len(groups[0] - pool) <= 1


def test_sketches_do_not_depend_on_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "EXCHANGES_PER_SHARD", 2_000)
    small = replace(
        SCENARIO, honest=150, operators=(replace(SCENARIO.operators[0], accounts=20),), shares={"redteam": 0.0}
    )
    one = sketched(small, tmp_path / "one", tmp_path / "key")
    two = sketched(small, tmp_path / "two", tmp_path / "key", workers=2)
    names = sorted(path.name for path in one.iterdir())
    assert sum(name.startswith("exchanges-") for name in names) >= 3
    for name in names:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


@given(st.data())
def test_the_kernel_makes_the_union(data: st.DataObject) -> None:
    """Against plain Python: every hash of every piece, changed where variant and mask say so, sorted, cut at `most`."""
    texts = [sorted(set(data.draw(st.lists(st.integers(-50, 50), max_size=8)))) for _ in range(4)]
    hashes = np.array([value for text in texts for value in text], dtype=np.int64)
    starts = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    masks = data.draw(arrays.arrays(np.uint64, len(hashes), elements=st.sampled_from([0, 1, 2**64 - 1])))
    units = data.draw(arrays.arrays(np.int64, (5, 3), elements=st.integers(-1, 3)))
    variants = data.draw(arrays.arrays(np.uint64, (5, 3), elements=st.sampled_from([0, 1, 2])))
    most = data.draw(st.integers(1, 30))
    offsets, values = np.empty(6, np.int64), np.empty(5 * 3 * 8 + 1, np.int64)
    none = np.zeros(5, np.int64)
    cut = compose_rows(units, variants, starts, hashes, masks, none, none.astype(np.uint64), most, offsets, values)
    expected = []
    for row in range(5):
        union = set()
        for unit, variant in zip(units[row].tolist(), variants[row].tolist(), strict=True):
            for place in range(starts[unit], starts[unit + 1]) if unit >= 0 else ():
                change = np.uint64(variant) & masks[place]
                mixed = mix_array(hashes[place : place + 1].view(np.uint64) ^ change).view(np.int64)
                union.add(int(mixed[0]) if change else int(hashes[place]))
        expected.append(sorted(union))
    assert cut == sum(len(union) > most for union in expected)
    got = [values[offsets[row] : offsets[row + 1]].tolist() for row in range(5)]
    assert got == [union[:most] for union in expected]
