"""Fit the three logistic curves that turn bits into a probability, on labelled worlds, and write them into the package.

    PYTHONPATH=benchmarks python -m quality.calibrate [--seeds 11,12,13,14] [--test-seeds 21,22] [--honest 1500] [--check]

Every candidate group of every world is one case: it is a campaign when four in five of its accounts are one operator's. Of an operator
that lies in several groups the likeliest counts: what is left over when it is found says nothing of other groups.
P(campaign) is the product of a curve of coordination, one of operation (what of it only one hand explains) and one of
harvest, and never less than the share of operators among groups for which nothing speaks. Groups that are watched for a doubt are not
fitted: their probability is bounded by the share of operators among them. Worlds of even seeds are reduced to what a bare log holds, without accounts and addresses; coordination and
operation have a middle of their own there, so that the curves hold where columns are missing too. The curves are fitted
on the training seeds by maximum likelihood with a ridge on the slopes (separable cases would send them to infinity); the
reliability that is written beside them comes from the test seeds alone.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow.parquet as pq
from scipy.optimize import minimize

from hydrometer import api
from hydrometer.contract import Settings
from hydrometer.contract.progress import SilentProgress
from hydrometer.detection.campaigns.score_calibration import ScoreCalibration
from hydrometer.lab.evaluation.reliability import sum_reliability as reliability_of
from hydrometer.lab.simulate import SCENARIOS
from hydrometer.result import ResultFolder
from quality.plan import VARIED
from quality.worlds import ONE_THREAD, make, site_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import CandidateGroup

TARGET = Path(__file__).parents[2] / "src" / "hydrometer" / "detection" / "campaigns" / "data" / "calibration.json"
PURE = 0.8
AGREEING = 3.0
"""Bits from which a cause of coordination counts towards the two that must agree."""
ONE_CAUSE = 0.3
"""Highest probability of a group for which only one cause speaks."""
RIDGE = 0.02
MOST_DOUBTED = 0.45
"""Highest probability of a doubted group: below what is reported."""
REPORTED = Settings().campaigns.report_probability
BARE_CAUTION = 3.0
"""Weight of a false group in a bare world. Without accounts nobody's agreement is known, and a licensed maker of synthetic
data looks like an operator: what cannot be told apart must not be accused."""
PROCESSES = 2


@dataclass(frozen=True)
class Case:
    """A candidate group with its bits, what the detector made of them, and the truth about it."""

    world: str
    coordination: float
    operation: float
    harvest: float
    causes: int
    """Independent causes of coordination that count."""
    bare: bool
    probability: float
    """What the detector gives it."""
    watched: bool
    operator: str
    """Whose group it is, empty where nobody's."""

    @property
    def campaign(self) -> bool:
        """Whether it is an operator's."""
        return bool(self.operator)


@dataclass(frozen=True)
class Curves:
    """P(campaign) = least + (1 - least) * logistic(coordination) * logistic(operation) * logistic(harvest), in the order of fitting."""

    coordination_middle: float
    coordination_middle_bare: float
    coordination_slope: float
    operation_middle: float
    operation_middle_bare: float
    operation_slope: float
    harvest_middle: float
    harvest_slope: float
    least: float
    least_bare: float


STARTS = (
    Curves(16.0, 12.0, 0.5, 5.0, 5.0, 0.8, 5.0, 0.5, 0.01, 0.02),
    Curves(14.0, 12.0, 0.4, 4.5, 5.0, 1.0, 4.0, 0.6, 0.01, 0.02),
    Curves(20.0, 14.0, 0.4, 6.0, 6.0, 0.6, 6.0, 0.4, 0.01, 0.02),
)
"""Where the search begins; the best of what is reached counts, since the likelihood has several tops."""
LEAST = Curves(14.0, 11.0, 0.3, 4.0, 4.0, 0.6, 2.5, 0.3, 0.001, 0.001)
"""Lower bounds: crowds that no world has may show more than those here, so that no curve is let fall to what these worlds alone allow."""
MOST = Curves(30.0, 14.0, 1.5, 5.5, 5.5, 1.5, 16.0, 1.5, 0.05, 0.05)
"""Upper bounds: operation is a gate besides (`campaigns.operation_bits`), and bare logs have a floor of accounts, so that the curves need
not keep out what those do."""


def cases(scenarios: Sequence[str], seeds: Sequence[int], honest: int) -> list[Case]:
    """Run the detector over worlds, two at a time, and label every candidate group; say on stderr how far it is."""
    planned = [(name, seed) for name in scenarios for seed in seeds]
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        gathered = []
        worlds = pool.map(_cases, *zip(*planned, strict=True), [honest] * len(planned))
        for number, ((name, seed), labelled) in enumerate(zip(planned, worlds, strict=True), start=1):
            gathered += labelled
            campaigns = sum(case.campaign for case in labelled)
            print(
                f"{number} of {len(planned)}: {name} {seed}, {len(labelled)} groups, {campaigns} campaigns",
                file=sys.stderr,
                flush=True,
            )
    return gathered


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
    # A watch has no members: all its accounts are the group.
    campaigns = {candidate.id for candidate in result.candidates if candidate.verdict == "campaign"}
    for candidate, account, _, member in zip(*columns, strict=True):
        if member or candidate not in campaigns:
            members[candidate].append(account)
    labelled = []
    for candidate in result.candidates:
        if candidate.verdict in ("authorised", "single_customer"):
            continue
        owners = collections.Counter(operator[account] for account in members[candidate.id])
        owner, most = max(((o, n) for o, n in owners.items() if o), key=lambda row: row[1], default=("", 0))
        labelled.append(
            Case(
                world=world,
                coordination=candidate.coordination,
                operation=sum_operation(candidate),
                harvest=candidate.harvest,
                causes=count_causes(candidate),
                bare=bare,
                probability=candidate.probability,
                watched=candidate.verdict == "watch",
                operator=owner if most >= PURE * sum(owners.values()) else "",
            )
        )
    return keep_likeliest(labelled)


def keep_likeliest(groups: Sequence[Case]) -> list[Case]:
    """Return the groups that are nobody's, and of each operator's the likeliest."""
    best: dict[str, Case] = {}
    for case in groups:
        likeliest = best.setdefault(case.operator, case)
        if (case.probability, case.coordination + case.harvest) > (
            likeliest.probability,
            likeliest.coordination + likeliest.harvest,
        ):
            best[case.operator] = case
    return [case for case in groups if not case.operator or case is best[case.operator]]


def sum_operation(candidate: CandidateGroup) -> float:
    """Return the bits of a group that only one hand explains: its own sum, or that of its evidence where it has none."""
    evidence = sum(item.bits for item in candidate.evidence if item.kind == "operation")
    return float(getattr(candidate, "operation", evidence))


def count_causes(candidate: CandidateGroup) -> int:
    """Return how many causes of coordination count; of evidence without a cause, families."""
    bits: collections.defaultdict[str, float] = collections.defaultdict(float)
    for item in candidate.evidence:
        if item.axis == "coordination":
            bits[item.cause or item.family] += item.bits
    return sum(value >= AGREEING for value in bits.values())


def fit(train: Sequence[Case]) -> Curves:
    """Return the curves under which the truth about the groups is likeliest.

    Raises:
        ValueError: no group has any operation, so that nothing can be learnt of it.
    """
    if not any(case.operation > 0 for case in train):
        raise ValueError("no group has evidence of operation: the detector tells none")
    truth = np.array([case.campaign for case in train], dtype=float)
    bare = np.array([case.bare for case in train])
    weight = np.where(bare & (truth == 0), BARE_CAUTION, 1.0)

    def loss(parameters: np.ndarray) -> float:
        curves = Curves(*parameters.tolist())
        p = np.clip(apply_curves(curves, train), 1e-9, 1 - 1e-9)
        likelihood = float(np.average(truth * np.log(p) + (1 - truth) * np.log1p(-p), weights=weight))
        slopes = (curves.coordination_slope, curves.operation_slope, curves.harvest_slope)
        return -likelihood + RIDGE * sum(slope**2 for slope in slopes)

    bounds = list(zip(_values(LEAST), _values(MOST), strict=True))
    reached = [minimize(loss, np.array(_values(start)), bounds=bounds, method="L-BFGS-B") for start in STARTS]
    best = min(reached, key=lambda result: float(result.fun))
    return Curves(*(round(float(value), 4) for value in best.x))


def read_shipped_curves() -> Curves:
    """Return the curves that the detector goes by."""
    content = msgspec.json.decode(TARGET.read_bytes())
    return Curves(*(float(content[field.name]) for field in fields(Curves)))


def apply_curves(curves: Curves, groups: Sequence[Case]) -> np.ndarray:
    """Return the probability of each group by the curves alone."""
    bare = np.array([case.bare for case in groups])
    coordination, operation, harvest = (
        np.array([getattr(case, axis) for case in groups]) for axis in ("coordination", "operation", "harvest")
    )
    together = np.where(bare, curves.coordination_middle_bare, curves.coordination_middle)
    one_hand = np.where(bare, curves.operation_middle_bare, curves.operation_middle)
    least = np.where(bare, curves.least_bare, curves.least)
    product: np.ndarray = (
        _curve(coordination, together, curves.coordination_slope)
        * _curve(operation, one_hand, curves.operation_slope)
        * _curve(harvest, curves.harvest_middle, curves.harvest_slope)
    )
    given: np.ndarray = least + (1 - least) * product
    return given


def mask_doubted(curves: Curves, groups: Sequence[Case]) -> np.ndarray:
    """Return the groups that the curves would convict and a doubt does not."""
    watched = np.array([case.watched for case in groups], dtype=np.bool_)
    doubted: np.ndarray = watched & (apply_curves(curves, groups) >= REPORTED)
    return doubted


def measure_doubted(curves: Curves, groups: Sequence[Case]) -> float:
    """Return the share of operators' among the doubted groups (rule of succession), below what would be reported."""
    doubted = [
        case.campaign for case, is_doubted in zip(groups, mask_doubted(curves, groups), strict=True) if is_doubted
    ]
    return min(MOST_DOUBTED, round((sum(doubted) + 1) / (len(doubted) + 2), 4))


def _values(curves: Curves) -> list[float]:
    return list(asdict(curves).values())


def _curve(bits: np.ndarray, middle: np.ndarray | float, slope: float) -> np.ndarray:
    curve: np.ndarray = 1.0 / (1.0 + np.exp(-np.clip(slope * (bits - middle), -50, 50)))
    return curve


def probabilities(curves: Curves, groups: Sequence[Case], doubted: float) -> np.ndarray:
    """Return the probability of each group; of one for which only one cause speaks, and of a doubted one, it is bounded."""
    several = np.array([case.causes >= 2 for case in groups])
    watched = np.array([case.watched for case in groups], dtype=np.bool_)
    curved = apply_curves(curves, groups)
    curved = np.where(several, curved, np.minimum(curved, ONE_CAUSE))
    bounded: np.ndarray = np.where(watched, np.minimum(curved, doubted), curved)
    return bounded


def reliability(given: np.ndarray, test: Sequence[Case]) -> list[dict[str, float]]:
    """Mean probability and share of campaigns by bin of probability."""
    bins = reliability_of(given, np.array([case.campaign for case in test], dtype=np.bool_))
    return [
        {"predicted": round(predicted / n, 4), "observed": round(observed / n, 4), "n": n}
        for n, predicted, observed in zip(bins.cases, bins.predicted, bins.observed, strict=True)
        if n
    ]


def record(curves: Curves, doubted: float, provenance: dict[str, object], shipped: bytes) -> bytes:
    """Return the file of the curves; constants of the shipped one that are not fitted stay as they are.

    Raises:
        msgspec.ValidationError: the detector needs what neither has.
    """
    content = {
        **msgspec.json.decode(shipped),
        **asdict(curves),
        "one_cause": ONE_CAUSE,
        "doubted": doubted,
        "provenance": provenance,
    }
    msgspec.convert(content, ScoreCalibration)
    return msgspec.json.format(msgspec.json.encode(content)) + b"\n"


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
        rows = reliability(np.array([case.probability for case in test]), test)
        print(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    train = cases(names, seeds, chosen.honest)
    try:
        # What a doubt decides says nothing of the curves.
        doubtful = mask_doubted(read_shipped_curves(), train)
        curves = fit([case for case, is_doubtful in zip(train, doubtful, strict=True) if not is_doubtful])
        doubted = measure_doubted(curves, train)
    except ValueError as error:
        sys.exit(f"Nothing is written: {error}.")
    rows = reliability(probabilities(curves, test, doubted), test)
    error_sum = sum(row["n"] * abs(row["predicted"] - row["observed"]) for row in rows)
    provenance: dict[str, object] = {
        "command": f"PYTHONPATH=benchmarks python -m quality.calibrate --seeds {chosen.seeds} --test-seeds {chosen.test_seeds} --honest {chosen.honest}",
        "worlds": "simulated, with every honest archetype; even seeds without accounts and addresses",
        "scenarios": names,
        "training_groups": len(train),
        "training_campaigns": sum(case.campaign for case in train),
        "test_groups": len(test),
        "test_campaigns": sum(case.campaign for case in test),
        "expected_calibration_error": round(error_sum / max(1, len(test)), 4),
        "reliability": rows,
    }
    TARGET.write_bytes(record(curves, doubted, provenance, TARGET.read_bytes()))
    print(TARGET.read_text("utf-8"))


if __name__ == "__main__":
    main()
