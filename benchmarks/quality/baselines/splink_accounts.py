"""Probabilistic record linkage of accounts with Splink: Fellegi-Sunter weights with term-frequency adjustment.

Every comparison is of one kind of trait with levels, so that nested values (a card and its BIN, an address and its
block) are not counted twice; u comes from random pairs with a fixed seed, m from EM, three blocking rules in turn, and
accounts are clustered by the links above a match weight. Pairs of one organisation are left out of blocking and
training: they are no finding, and a detector that learned from them would learn what a firm looks like.

Values of more than MOST_SHARED accounts are not blocked on: Splink compares every pair within a block, and a framework's
default prompt alone would make millions. Such a value still counts in the comparison of a pair that another rule forms.
"""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
from splink import DuckDBAPI, Linker
from splink.internals.exceptions import EMTrainingException

from quality.baselines.groups import Group, Units, components, read_units
from quality.baselines.traffic import ABSENT, MICROS_A_SECOND, Coded, joined, most_used, read_traffic, subnets
from quality.baselines.words import read_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from quality.baselines.traffic import Traffic

NAME = "splink"
SOURCE = "Splink 5 (Fellegi and Sunter 1969; Linacre et al. 2022, doi:10.23889/ijpds.v7i3.1794)"
GRID: list[dict[str, Any]] = [
    {"least_weight": weight, "smallest": smallest, "least_asking": asking}
    for weight, smallest, asking in product((2.0, 3.0, 4.5, 7.0), (10, 30), (0.0, 0.15, 0.4))
]
MOST_SHARED = 300
PRIOR = 1e-2
"""That two random accounts have one operator. A fixed guess: the threshold of the grid takes up what it is wrong by."""
ITERATIONS = 8
"""Of EM, a session. With more, levels that hardly occur among a block's pairs are driven to a probability of 0, which
Splink refuses to work with."""
SEED = 20260101
LEAD = 4
"""Words at the beginning of a prompt that stand for its template."""
FLOOR = 0.0
"""Match weight, in bits, below which no pair is kept: even odds."""


def exact(column: str, *, nested: bool = False) -> dict[str, Any]:
    """Return a level of equal values, its weight adjusted by how common the value is."""
    level = {
        "sql_condition": f'"{column}_l" = "{column}_r"',
        "label_for_charts": f"same {column}",
        "tf_adjustment_column": column,
    }
    return {**level, "disable_tf_exact_match_detection": True} if nested else level


def near(column: str, seconds: int) -> dict[str, Any]:
    """Return a level of times that lie no further apart."""
    condition = f'abs("{column}_l" - "{column}_r") <= {seconds}'
    return {"sql_condition": condition, "label_for_charts": f"{column} within {seconds} s"}


def comparison(name: str, *levels: dict[str, Any]) -> dict[str, Any]:
    """Return a comparison: null if the column of that name is, then the levels, then all else."""
    null = f'"{name}_l" is null or "{name}_r" is null'
    return {
        "output_column_name": name,
        "comparison_levels": [
            {"sql_condition": null, "label_for_charts": "unknown", "is_null_level": True},
            *levels,
            {"sql_condition": "else", "label_for_charts": "all else"},
        ],
    }


HOUR, DAY = 3_600, 86_400
SIMILAR = {"sql_condition": 'jaro_winkler_similarity("local_l", "local_r") >= 0.9', "label_for_charts": "alike local"}
BOTH_ASK = {"sql_condition": '"asking_l" >= 0.5 and "asking_r" >= 0.5', "label_for_charts": "both ask for reasoning"}
COMPARISONS = (
    comparison("card", exact("card"), exact("bin", nested=True)),
    comparison("device", exact("device")),
    comparison("phone", exact("phone")),
    comparison("local", exact("local"), SIMILAR),
    comparison("domain", exact("domain")),
    comparison("signup_ip", exact("signup_ip"), exact("signup_subnet", nested=True)),
    comparison("created", near("created", HOUR), near("created", DAY), near("created", 5 * DAY)),
    comparison("address", exact("address"), exact("subnet", nested=True)),
    comparison("client", exact("client"), exact("ja4", nested=True)),
    comparison("wording", exact("wording")),
    comparison("begun", near("begun", HOUR), near("begun", DAY)),
    comparison("asking", BOTH_ASK),
)
BLOCKS = ("card", "bin", "device", "phone", "local", "signup_ip", "signup_subnet", "address", "subnet", "wording")
TRAINED_ON = ("card", "signup_subnet", "wording")


@dataclass(frozen=True, slots=True)
class State:
    """The scored pairs of accounts."""

    units: Units
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
    """First account, second account and match weight in bits; pairs of FLOOR and more."""


def prepare(world: Path, _: Path) -> State:
    """Train the model and score every pair that a block forms; the benign history is not used."""
    traffic = read_traffic(world)
    units = read_units(traffic)
    return State(units, scored(account_traits(traffic, units)))


def detect(state: State, parameters: dict[str, Any]) -> list[Group]:
    """Return the connected components of the links above a match weight; a group's score is its mean probability."""
    first, second, weight = state.pairs
    linked = weight >= parameters["least_weight"]
    first, second, weight = first[linked], second[linked], weight[linked]
    accounts = len(state.units.account_ids)
    found = []
    label = np.full(accounts, ABSENT, dtype=np.int64)
    parts = components(first, second, accounts)
    for number, members in enumerate(parts):
        label[members] = number
    odds = np.bincount(label[first], weights=1 / (1 + 2.0**-weight), minlength=len(parts))
    links = np.bincount(label[first], minlength=len(parts))
    for number, members in enumerate(parts):
        group = state.units.group(
            members.tolist(),
            float(odds[number] / links[number]),
            smallest=parameters["smallest"],
            least_asking=parameters["least_asking"],
        )
        if group is not None:
            found.append(group)
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Splink from telling of each level that a session could not train; restore what was told before."""
    told = logging.getLogger("splink")
    level = told.level
    told.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="splink")
            yield
    finally:
        told.setLevel(level)


def scored(table: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs that some block forms, with their match weights."""
    apart = "l.unit <> r.unit"
    rules = [f"l.hold_{name} = r.hold_{name} and {apart}" for name in BLOCKS]
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "place",
        "probability_two_random_records_match": PRIOR,
        "blocking_rules_to_generate_predictions": rules,
        "comparisons": list(COMPARISONS),
        "retain_matching_columns": False,
        "max_iterations": ITERATIONS,
    }
    none = np.zeros(0, dtype=np.int64)
    if table.num_rows < 2:
        return none, none, none.astype(np.float64)
    # One thread: sums over threads differ in their last bits from run to run.
    with duckdb.connect(config={"threads": 1}) as connection, quiet():
        linker = Linker(DuckDBAPI(connection).register(table), settings, log_level=None)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
        for name in TRAINED_ON:
            rule = f"l.{name} = r.{name} and l.hold_{name} is not null and {apart}"
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    rule, estimate_without_term_frequencies=True
                )
            except (EMTrainingException, ValueError) as error:
                # No pair to learn from, or a level driven to 0: the session is given up and the other two remain.
                print(f"{NAME}: a training session was given up: {error}", file=sys.stderr)
        scores: Any = linker.inference.predict(threshold_match_weight=FLOOR)
        found = scores.as_pyarrow_table()
    columns = [found[name].to_numpy() for name in ("place_l", "place_r", "match_weight")]
    order = np.lexsort((columns[1], columns[0]))
    return columns[0][order].astype(np.int64), columns[1][order].astype(np.int64), columns[2][order].astype(np.float64)


def account_traits(traffic: Traffic, units: Units) -> pa.Table:
    """Return one row per account: its traits, and `hold_…`, the same without values that too many accounts share."""
    address = most_used(traffic, traffic.column("client_ip"))
    ja4 = most_used(traffic, traffic.column("ja4"))
    agent = most_used(traffic, traffic.column("user_agent"))
    signup = traffic.trait("signup_ip")
    leads = read_words(traffic.texts("prompt")).edges(LEAD, last=False)
    seen, place = np.unique(leads, return_inverse=True)
    wording = Coded(np.where(leads == 0, ABSENT, place), [str(lead) for lead in seen])
    columns = {
        "card": traffic.trait("payment_fingerprint"),
        "bin": traffic.trait("payment_bin"),
        "device": traffic.trait("device_id"),
        "phone": traffic.trait("phone_hash"),
        "local": traffic.trait("email_local"),
        "domain": traffic.trait("email_domain"),
        "signup_ip": signup,
        "signup_subnet": subnets(signup),
        "address": address,
        "subnet": subnets(address),
        "ja4": ja4,
        "client": joined([ja4, agent]),
        "wording": most_used(traffic, wording),
    }
    accounts = len(traffic.account_ids)
    begun = np.full(accounts, np.iinfo(np.int64).max)
    np.minimum.at(begun, traffic.account, traffic.started_at)
    created = traffic.created_at()
    table: dict[str, pa.Array] = {
        "place": pa.array(np.arange(accounts)),
        "unit": pa.array(units.organisation),
        "created": pa.array(created // MICROS_A_SECOND, mask=created == ABSENT),
        "asking": pa.array(units.asking),
        "begun": pa.array(begun // MICROS_A_SECOND, mask=begun == np.iinfo(np.int64).max),
    }
    for name, held in columns.items():
        table[name] = _texts(held, held.codes == ABSENT)
        known = held.codes[held.codes != ABSENT]
        holders = np.bincount(known, minlength=len(held.values) + 1)
        table[f"hold_{name}"] = _texts(held, (held.codes == ABSENT) | (holders[held.codes] > MOST_SHARED))
    return pa.table(table)


def _texts(held: Coded, without: NDArray[np.bool_]) -> pa.Array:
    return pa.array(
        [None if out else held.values[code] for code, out in zip(held.codes, without, strict=True)], pa.string()
    )
