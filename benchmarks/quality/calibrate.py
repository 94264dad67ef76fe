"""Fit the two logistic curves that turn bits into a probability, on labelled worlds, and write them into the package.

    PYTHONPATH=benchmarks python -m quality.calibrate [--seeds 11,12,13,14] [--test-seeds 21,22] [--honest 1500] [--check]

Every candidate group of every world is one case: it is a campaign when four in five of its accounts are one operator's.
Worlds of even seeds are reduced to what a bare log holds, without accounts and addresses, so that the curves hold where
columns are missing too. The curves are fitted on the training seeds by maximum likelihood with a ridge on the slopes (separable cases would send
them to infinity); the reliability that is written beside them comes from the test seeds alone.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
from scipy.optimize import minimize

from hydrometer import api
from hydrometer.contract.progress import SilentProgress
from hydrometer.detection.campaigns.score_calibration import BARE, FULL, ScoreCalibration
from hydrometer.lab.evaluation.reliability import sum_reliability as reliability_of
from hydrometer.lab.simulate import SCENARIOS
from hydrometer.result import ResultFolder
from quality.plan import VARIED
from quality.worlds import ONE_THREAD, make, site_key

TARGET = Path(__file__).parents[2] / "src" / "hydrometer" / "detection" / "campaigns" / "data" / "calibration.json"
PURE = 0.8
ONE_FAMILY = 0.3
RIDGE = 0.02
BARE_CAUTION = 3.0
"""Weight of a false group in a bare world. Without accounts nobody's agreement is known, and a licensed maker of synthetic
data looks like an operator: what cannot be told apart must not be accused."""


@dataclass(frozen=True)
class Case:
    """A candidate group with its bits and the truth about it."""

    world: str
    coordination: float
    harvest: float
    families: int
    bare: bool
    campaign: bool


def cases(scenarios: list[str], seeds: list[int], honest: int) -> list[Case]:
    """Run the detector over worlds, in as many processes as there are cores, and label every candidate group."""
    planned = [(name, seed) for name in scenarios for seed in seeds]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        found = []
        for (name, seed), some in zip(
            planned, pool.map(_cases, *zip(*planned, strict=True), [honest] * len(planned)), strict=True
        ):
            found += some
            print(f"{name} {seed}: {len(found)} cases", file=sys.stderr)
    return found


def _cases(name: str, seed: int, honest: int) -> list[Case]:
    with tempfile.TemporaryDirectory() as folder:
        world, out = Path(folder) / "world", Path(folder) / "result"
        make(name, seed, honest, world)
        if seed % 2 == 0:
            _reduce(world)
        key = site_key(name, seed, Path(folder))
        api.detect(world, out, ONE_THREAD, site_key=key, mapping=None, source=None, progress=SilentProgress())
        truth = pq.read_table(world.with_name("world.truth") / "accounts.parquet").to_pylist()
        return _labelled(f"{name}-{seed}", ResultFolder.read(out), _operators(truth))


def _reduce(world: Path) -> None:
    """Leave what a bare log holds: no accounts, no addresses."""
    (world / "accounts.parquet").unlink()
    exchanges = pq.read_table(world / "exchanges.parquet")
    pq.write_table(exchanges.drop_columns(["client_ip", "client_asn"]), world / "exchanges.parquet")


def _operators(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["account_id"]: row["operator"] for row in rows}


def _labelled(world: str, result: ResultFolder, operator: dict[str, str]) -> list[Case]:
    members: dict[str, list[str]] = collections.defaultdict(list)
    columns = (result.considered[name].to_pylist() for name in ("candidate_id", "account_id", "probability", "member"))
    bare = "exchanges.client_ip" in result.run.absent_columns
    campaigns = {candidate.id for candidate in result.candidates if candidate.campaign_id}
    for candidate, account, _, member in zip(*columns, strict=True):
        if member or candidate not in campaigns:
            members[candidate].append(account)
    found = []
    for candidate in result.candidates:
        if candidate.verdict in ("authorised", "single_customer"):
            continue
        owners = collections.Counter(operator[account] for account in members[candidate.id])
        owner, most = max(((o, n) for o, n in owners.items() if o), key=lambda row: row[1], default=("", 0))
        pure = bool(owner) and most >= PURE * sum(owners.values())
        bits: collections.Counter[str] = collections.Counter()
        for item in candidate.evidence:
            if item.axis == "coordination":
                bits[item.family] += item.bits  # type: ignore[assignment]
        families = sum(value >= 3.0 for value in bits.values())
        found.append(Case(world, candidate.coordination, candidate.harvest, families, bare, pure))
    return found


def fit(train: list[Case]) -> tuple[float, float, float, float, float]:
    """Middle of coordination with all columns and with few, its slope, and middle and slope of harvest."""
    coordination = np.array([case.coordination for case in train])
    harvest = np.array([case.harvest for case in train])
    truth = np.array([case.campaign for case in train], dtype=float)

    bare = np.array([case.bare for case in train])
    weight = np.where(bare & (truth == 0), BARE_CAUTION, 1.0)

    def loss(parameters: np.ndarray) -> float:
        middle, middle_bare, slope, middle_h, slope_h = parameters
        p = _curve(coordination, np.where(bare, middle_bare, middle), slope) * _curve(harvest, middle_h, slope_h)
        p = np.clip(p, 1e-9, 1 - 1e-9)
        likelihood = float(np.average(truth * np.log(p) + (1 - truth) * np.log1p(-p), weights=weight))
        return -likelihood + RIDGE * float(slope**2 + slope_h**2)

    bounds = [(8.0, 30.0), (5.0, 30.0), (0.15, 1.5), (3.0, 16.0), (0.15, 1.5)]
    found = minimize(loss, np.array([14.0, 12.0, 0.8, 7.0, 0.9]), bounds=bounds, method="L-BFGS-B")
    middle, middle_bare, slope, middle_h, slope_h = (round(float(value), 4) for value in found.x)
    return middle, middle_bare, slope, middle_h, slope_h


def _curve(bits: np.ndarray, middle: np.ndarray | float, slope: float) -> np.ndarray:
    curve: np.ndarray = 1.0 / (1.0 + np.exp(-np.clip(slope * (bits - middle), -50, 50)))
    return curve


def reliability(calibration: ScoreCalibration, test: list[Case]) -> list[dict[str, float]]:
    """Mean probability and share of campaigns by bin of probability."""
    given = np.array([_given(calibration, case) for case in test])
    bins = reliability_of(given, np.array([case.campaign for case in test], dtype=np.bool_))
    return [
        {"predicted": round(predicted / n, 4), "observed": round(observed / n, 4), "n": n}
        for n, predicted, observed in zip(bins.cases, bins.predicted, bins.observed, strict=True)
        if n
    ]


def _given(calibration: ScoreCalibration, case: Case) -> float:
    probability = calibration.probability(case.coordination, case.harvest, BARE if case.bare else FULL)
    return probability if case.families >= 2 else min(probability, calibration.one_family)


def main() -> None:
    """Fit, report and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", default="11,12,13,14")
    parser.add_argument("--test-seeds", default="21,22")
    parser.add_argument("--honest", type=int, default=1500)
    parser.add_argument("--scenarios", default=",".join((*SCENARIOS, VARIED)))
    parser.add_argument(
        "--check", action="store_true", help="report on the test seeds with the shipped curves, write nothing"
    )
    chosen = parser.parse_args()
    names = chosen.scenarios.split(",")
    seeds, tests = ([int(seed) for seed in text.split(",")] for text in (chosen.seeds, chosen.test_seeds))
    test = cases(names, tests, chosen.honest)
    if chosen.check:
        calibration = msgspec.json.decode(TARGET.read_bytes(), type=ScoreCalibration)
        print(msgspec.json.format(msgspec.json.encode(reliability(calibration, test))).decode())
        return
    train = cases(names, seeds, chosen.honest)
    middle_c, middle_bare, slope_c, middle_h, slope_h = fit(train)
    bare = ScoreCalibration(
        coordination_middle=middle_c,
        coordination_middle_bare=middle_bare,
        coordination_slope=slope_c,
        harvest_middle=middle_h,
        harvest_slope=slope_h,
        one_family=ONE_FAMILY,
        provenance={},
    )
    rows = reliability(bare, test)
    error = sum(row["n"] * abs(row["predicted"] - row["observed"]) for row in rows) / max(1, len(test))
    provenance: dict[str, object] = {
        "command": f"PYTHONPATH=benchmarks python -m quality.calibrate --seeds {chosen.seeds} --test-seeds {chosen.test_seeds} --honest {chosen.honest}",
        "worlds": "simulated, with every honest archetype; even seeds without accounts and addresses",
        "scenarios": names,
        "training_groups": len(train),
        "training_campaigns": sum(case.campaign for case in train),
        "test_groups": len(test),
        "test_campaigns": sum(case.campaign for case in test),
        "expected_calibration_error": round(error, 4),
        "reliability": rows,
    }
    TARGET.write_bytes(
        msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(bare, provenance=provenance))) + b"\n"
    )
    print(TARGET.read_text("utf-8"))


if __name__ == "__main__":
    main()
