"""The baselines find what their idea can find, accuse nobody on nothing, and are the same each time."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.lab.simulate import SCENARIOS, make_world, write_world

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("splink", reason="needs the bench extra: pip install -e '.[bench]'")

from quality.baselines import minhash, mmd, runner, tune, words
from quality.baselines.groups import Group, Units, components, through_values, write_groups
from quality.baselines.traffic import ABSENT, coded, joined, subnets

FINDING: dict[str, dict[str, Any]] = {
    "union": {
        "identifiers": ["payment_fingerprint", "device_id", "phone_hash", "client_subnet"],
        "most": 60,
        "least_score": 0.55,
        "least_asking": 0.0,
    },
    "splink": {"least_weight": 3.0, "smallest": 30, "least_asking": 0.0},
    "mmd": {"windows": "traffic", "history": "past", "percentile": 99.7, "least_asking": 0.0},
    "coaction": {"traces": ["ends", "quarter"], "percentile": 98.0, "least_asking": 0.0},
    "minhash": {"similarity": 0.4, "rare": "slots kept", "prompts": 12, "least_asking": 0.0},
}
"""Settings under which each finds an operator of one card, one address block and one wording."""


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A world with a small operator of the first rung, and an innocent one of another seed."""
    folder = tmp_path_factory.mktemp("worlds")
    rung = SCENARIOS["ladder1"]
    operated = replace(rung, honest=450, operators=(replace(rung.operators[0], accounts=50),))
    for name, scenario, seed in (
        ("operated", operated, 5),
        ("innocent", replace(SCENARIOS["innocent"], honest=450), 6),
    ):
        write_world(make_world(scenario, seed), folder / name)
    return {name: folder / name for name in ("operated", "innocent")}


@pytest.fixture(scope="module")
def found(worlds: dict[str, Path]) -> dict[str, list[Group]]:
    return {name: detected(name, worlds["operated"], worlds["innocent"]) for name in runner.BASELINES}


def detected(name: str, world: Path, history: Path) -> list[Group]:
    baseline = runner.BASELINES[name]
    return baseline.detect(baseline.prepare(world, history), FINDING[name])


def operator_of(world: Path) -> dict[str, str]:
    truth = pq.read_table(world.with_name(f"{world.name}.truth") / "accounts.parquet")
    return dict(zip(truth["account_id"].to_pylist(), truth["operator"].to_pylist(), strict=True))


@pytest.mark.parametrize("name", list(runner.BASELINES))
def test_an_operator_of_the_first_rung_is_found(
    name: str, found: dict[str, list[Group]], worlds: dict[str, Path]
) -> None:
    operator = operator_of(worlds["operated"])
    shares = [(sum(bool(operator[a]) for a in group.accounts), len(group.accounts)) for group in found[name]]
    assert any(hit >= 25 and hit >= 0.8 * accounts for hit, accounts in shares), shares


@pytest.mark.parametrize("name", list(runner.BASELINES))
def test_the_same_world_gives_the_same_bytes(
    name: str, found: dict[str, list[Group]], worlds: dict[str, Path], tmp_path: Path
) -> None:
    again = detected(name, worlds["operated"], worlds["innocent"])
    for folder, groups in (("a", found[name]), ("b", again[::-1])):
        write_groups(groups, name, tmp_path / folder)
    for file in ("members.parquet", "campaigns.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("name", list(runner.BASELINES))
@pytest.mark.parametrize("rows", [0, 1])
def test_next_to_no_traffic_accuses_nobody(name: str, rows: int, worlds: dict[str, Path], tmp_path: Path) -> None:
    few = pq.read_table(worlds["operated"] / "exchanges.parquet").slice(0, rows)
    pq.write_table(few.cast(EXCHANGES.schema), tmp_path / "exchanges.parquet")
    known = pq.read_table(worlds["operated"] / "accounts.parquet").slice(0, rows)
    pq.write_table(known.cast(ACCOUNTS.schema), tmp_path / "accounts.parquet")
    baseline = runner.BASELINES[name]
    state = baseline.prepare(tmp_path, worlds["innocent"])
    assert [baseline.detect(state, parameters) for parameters in baseline.GRID] == [[] for _ in baseline.GRID]


@pytest.mark.parametrize("name", list(runner.BASELINES))
def test_a_bare_log_is_read(name: str, worlds: dict[str, Path], tmp_path: Path) -> None:
    needed = ["exchange_id", "started_at", "account_id", "model", "prompt"]
    pq.write_table(
        pq.read_table(worlds["operated"] / "exchanges.parquet", columns=needed), tmp_path / "exchanges-0.parquet"
    )
    groups = detected(name, tmp_path, worlds["innocent"])
    assert bool(groups) == (name != "union")


def test_chosen_settings_are_of_the_grid_and_run(worlds: dict[str, Path], tmp_path: Path) -> None:
    for name, baseline in runner.BASELINES.items():
        assert len(baseline.GRID) <= 24
        assert runner.chosen(name) in baseline.GRID
        assert FINDING[name] in baseline.GRID
    groups = runner.run("minhash", worlds["operated"], worlds["innocent"], tmp_path / "out")
    members = pq.read_table(tmp_path / "out" / "members.parquet")
    campaigns = msgspec.json.decode((tmp_path / "out" / "campaigns.json").read_bytes())["campaigns"]
    assert Counter(members["campaign_id"].to_pylist()) == {c["id"]: c["accounts"] for c in campaigns}
    assert sorted(members["account_id"].to_pylist()) == sorted(a for group in groups for a in group.accounts)


def test_where_no_setting_is_clean_there_is_no_cautious_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tuned.json").write_text('{"chosen": {"union": {"cautious": null}}}')
    monkeypatch.setattr(runner, "TUNED", tmp_path / "tuned.json")
    with pytest.raises(LookupError, match="union has no cautious settings"):
        runner.chosen("union", "cautious")


def test_no_group_within_one_organisation_or_under_a_licence() -> None:
    units = Units(
        ["a", "b", "c", "d"],
        organisation=np.array([0, 0, 1, 2]),
        accusable=np.array([True, True, True, False]),
        asking=np.array([0.5, 0.5, 0.2, 1.0]),
    )
    assert units.group([0, 1], 1.0, smallest=2) is None
    assert units.group([2, 3], 1.0, smallest=2) is None
    assert units.group([3, 2, 0, 0], 1.5, smallest=2) == Group(("a", "c"), 1.0)
    assert units.group([0, 2], 1.0, smallest=2, least_asking=0.4) is None


def test_marks_by_hand() -> None:
    operator = {"a": "x", "b": "x", "c": "x", "d": "x", "e": "", "f": "", "g": "", "h": ""}
    groups = [Group(("a", "b", "c", "e"), 1.0), Group(("f", "g"), 1.0)]
    mark = tune.marks(groups, operator)
    # Accounts: 3 of 6 accused and of 4 are an operator's. Pairs: 3 right, 6 + 1 claimed, 6 true.
    account_f = 1.25 * 0.5 * 0.75 / (0.25 * 0.5 + 0.75)
    assert mark.score == pytest.approx((account_f + 2 * 3 / (7 + 6)) / 2)
    assert (mark.found, mark.false, mark.benign) == (0, 1, 3)
    assert tune.marks([Group(("a", "b"), 1.0)], operator).found == 1
    assert tune.marks([], dict.fromkeys(map(str, range(1_000)), "")).score == 1.0
    honest = dict.fromkeys(map(str, range(1_000)), "")
    assert tune.marks([Group(("1", "2"), 1.0)], honest).score == pytest.approx(0.8)


def test_tuned_takes_the_best_and_the_cleanest(tmp_path: Path) -> None:
    class Fixed:
        NAME, SOURCE = "fixed", "nobody"

        def __init__(self) -> None:
            self.GRID: list[dict[str, Any]] = [{"accused": "abef"}, {"accused": "ab"}, {"accused": ""}]

        def prepare(self, world: Path, history: Path, /) -> Any:
            assert history.name == ("innocent-2" if world.name.endswith("1") else "innocent-1")

        def detect(self, state: Any, parameters: dict[str, Any]) -> list[Group]:
            return [Group(tuple(parameters["accused"]), 1.0)] if parameters["accused"] else []

    places = {}
    for scenario, operators in (("innocent", ["", "", ""]), ("ladder1", ["x", "x", ""])):
        for seed in (1, 2):
            places[scenario, seed] = tmp_path / f"{scenario}-{seed}"
            truth = places[scenario, seed].with_name(f"{scenario}-{seed}.truth")
            truth.mkdir()
            accounts = {"account_id": list("abefgh"), "operator": [*operators, "", "", ""]}
            pq.write_table(pa.table(accounts), truth / "accounts.parquet")
    kept = tune.tuned(Fixed(), places)
    assert kept["balanced"]["parameters"] == {"accused": "ab"}
    assert kept["cautious"]["parameters"] == {"accused": ""}
    assert [entry["false"] for entry in kept["grid"]] == [2, 2, 0]


texts = st.lists(st.lists(st.sampled_from(["a", "bé", "ç1", "猫", "x_y", "d-e"]), max_size=7).map(" ".join), max_size=8)


def split(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()


@given(texts, st.integers(1, 4))
def test_shingles_are_the_runs_of_words(lines: list[str], length: int) -> None:
    read = words.read_words(pa.array(lines, pa.string()))
    shingles, place = read.shingles(length)
    runs = [
        (row, tuple(parts[i : i + length]))
        for row, parts in enumerate(map(split, lines))
        for i in range(len(parts) - length + 1)
    ]
    assert place.tolist() == [row for row, _ in runs]
    # Equal hashes and equal runs are the same thing.
    assert len(set(zip(shingles.tolist(), (run for _, run in runs), strict=True))) == len({run for _, run in runs})
    assert len(set(shingles.tolist())) == len({run for _, run in runs})
    first = read.edges(length, last=False)
    begun = [next((s for s, r in zip(shingles, place, strict=True) if r == row), 0) for row in range(len(lines))]
    assert first.tolist() == begun


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_components_are_what_edges_reach(edges: list[tuple[int, int]]) -> None:
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    reach = {node: {node} for node in range(10)}
    for _ in range(10):
        for one, other in edges:
            joint = reach[one] | reach[other]
            for node in joint:
                reach[node] = joint
    expected = sorted({tuple(sorted(part)) for part in reach.values() if len(part) > 1})
    assert [tuple(part.tolist()) for part in components(ends[:, 0], ends[:, 1], 10)] == expected


def test_accounts_are_joined_through_values() -> None:
    account, value = np.array([0, 1, 1, 2, 4]), np.array([7, 7, 3, 3, 5])
    assert [part.tolist() for part in through_values(account, value, 5)] == [[0, 1, 2]]
    assert through_values(account[:0], value[:0], 5) == []


def test_minima_estimate_the_resemblance() -> None:
    # Two sets of 300 of which 200 are shared: a resemblance of a half.
    numbers = words.mixed(np.arange(400, dtype=np.uint64))
    shingle = np.concatenate([numbers[:300], numbers[100:]])
    rows, signatures = minhash.minima(shingle, np.repeat([3, 8], 300))
    assert rows.tolist() == [3, 8]
    assert 0.3 < float((signatures[0] == signatures[1]).mean()) < 0.7
    same = minhash.stars(signatures[[0, 0, 1]], 12, 4, 0.99)
    assert same.tolist() == [0, 0, 2]


def test_discrepancy_is_the_unbiased_estimate() -> None:
    rng = np.random.default_rng(1)
    points = mmd.features(rng.standard_normal((40, mmd.DIMENSIONS)) / 8, 1.0)
    window, reference = points[:10], points[10:]
    pairs = [float(window[i] @ window[j]) for i, j in combinations(range(10), 2)]
    expected = np.mean(pairs) - 2 * (window @ reference.T).mean() + (reference @ reference.T).mean()
    estimate = mmd.discrepancy(window.sum(axis=0)[None], np.array([10]), reference.mean(axis=0))
    assert estimate[0] == pytest.approx(expected)


def test_features_give_the_gaussian_kernel() -> None:
    rng = np.random.default_rng(2)
    points = rng.standard_normal((6, mmd.DIMENSIONS)) / 8
    made = mmd.features(points, 1.2)
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    assert np.abs(made @ made.T - np.exp(-squares / (2 * 1.2**2))).max() < 0.25
    assert np.linalg.norm(made, axis=1) == pytest.approx(1.0)


def test_columns_become_codes() -> None:
    held = coded(pa.array(["b", None, "a", "", "b"]))
    assert [held.values[code] if code != ABSENT else None for code in held.codes] == ["b", None, "a", None, "b"]
    both = joined([held, coded(pa.array(["x", "x", "y", "x", "x"]))]).codes
    assert both[0] == both[4] != both[2]
    assert both[[1, 3]].tolist() == [ABSENT, ABSENT]
    blocks = subnets(coded(pa.array(["10.1.2.3", "10.1.2.77", "10.1.3.3", None, "2001:db8:7::1", "2001:db8:7:9::2"])))
    assert [blocks.values[code] if code != ABSENT else None for code in blocks.codes] == [
        "10.1.2",
        "10.1.2",
        "10.1.3",
        None,
        "2001:0db8:0007",
        "2001:0db8:0007",
    ]
