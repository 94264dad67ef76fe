"""What linking and testing costs as the population grows: CPU seconds and memory by accounts, and what was found.

usage: python benchmarks/linking.py WORLD [--times 1 8 32 160] [--folder DIR] [--json]

WORLD is a folder of `hydrometer simulate --sketches-only`, with its truth beside it. It is measured once; then each of its
accounts is there so many times, every time with an organisation, prompts and rare values of its own and moments a few
minutes off, while what many hold and what marks an operator stay the same: the operators grow with the rest.
Arrays lie in DIR, mapped into memory; each size runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np
import orjson
import pyarrow.parquet as pq

from hydrometer.campaigns.calibration import load_calibration
from hydrometer.campaigns.detect import find_campaigns
from hydrometer.contract.population import Entities, Events, Fragments, Ints, Population
from hydrometer.contract.progress import Silent
from hydrometer.contract.settings import Settings
from hydrometer.engines.duckdb import DuckEngine
from hydrometer.flow.account import Account
from hydrometer.flow.reading import open_reading, read_into
from hydrometer.signals.measure import measure, measuring_steps
from hydrometer.signals.signal import find_signals

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.contract.group import Group
    from hydrometer.contract.results import Evidence

COMMON = 40
"""Organisations from which a value or a wording is everybody's, and the same in every copy."""
MARKS = 0.5
"""Share of those who show a value that one operator must have for it to be a mark of its."""
LEAST_MARKED = 3
STIR = 600_000_000
"""µs by which the moments of an operator's account may be off."""
MOVED = 36 * 3_600_000_000
"""µs by which those of honest accounts that signed up in one place may be off together, or copies would look like one hand."""

Figures = dict[str, Any]


class Copies(Sequence[str]):
    """Names of copies, made when asked for: millions of them need not lie in memory."""

    def __init__(self, names: Sequence[str], of: Ints, copy: Ints) -> None:
        self.names, self.of, self.copy = names, of, copy

    def __len__(self) -> int:
        return self.of.size

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        return f"{self.copy[at]:03d}.{self.names[int(self.of[at])]}"


def _listed(names: Sequence[str], of: Ints, copy: Ints) -> list[str]:
    """Copies that pass for a list: nobody changes them."""
    return cast("list[str]", Copies(names, of, copy))


def measured(world: Path) -> tuple[Population, list[str]]:
    """Measure a world; with its population the operator of each account ('' for an honest one)."""
    settings = Settings()
    account = Account(settings, Silent())
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        (folder / "out").mkdir()
        reading = open_reading(world, folder / "out", settings, None, None, None)
        with DuckEngine(folder, memory=settings.memory, threads=settings.cores) as engine:
            read_into(folder, reading, account)
            engine.view("traffic", folder / "traffic" / "*.parquet")
            engine.put("accounts", reading.accounts)
            engine.run(measuring_steps(settings), Silent())
            population = measure(engine, columns=reading.columns, releases=reading.traffic.releases)
    truth = pq.read_table(world.parent / f"{world.name}.truth" / "accounts.parquet")
    operator = dict(zip(truth["account_id"].to_pylist(), truth["operator"].to_pylist(), strict=True))
    return population, [operator[name] or "" for name in population.accounts]


def multiplied(one: Population, operator: list[str], times: int, folder: Path) -> tuple[Population, Sequence[str]]:
    """So many copies of a population, its arrays written to `folder`, and the operator of each account."""
    rng = np.random.default_rng(times)
    n, exchanges = one.size, one.events.time.size
    names = sorted(set(operator) - {""})
    code = np.array([names.index(name) if name else -1 for name in operator])
    copies = np.repeat(np.arange(times), n)
    of = np.tile(np.arange(n), times)
    stir = _moved(one, code, times, rng)
    facts = {name: np.tile(values, times) for name, values in one.facts.items()}
    for name in ("first_seen", "last_seen", "created"):
        facts[name] = facts[name] + stir.ravel()
    for name in ("output_tokens", "input_tokens", "reasoning_tokens", "exchanges"):
        facts[name] = np.ceil(facts[name] * rng.uniform(0.8, 1.25, n * times))
    offsets = np.concatenate([one.events.offsets[:-1] + copy * exchanges for copy in range(times)])
    offsets = np.append(offsets, times * exchanges).astype(np.int64)
    events = Events(
        offsets=offsets,
        account=_stacked(folder / "account", np.int32, times, lambda c: one.events.account + c * n),
        time=_stacked(folder / "time", np.int64, times, lambda c: one.events.time + stir[c][one.events.account]),
        demand=_stacked(folder / "demand", np.bool_, times, lambda _: one.events.demand),
        confidence=_stacked(folder / "confidence", np.float32, times, lambda _: one.events.confidence),
        leans=_stacked(folder / "leans", np.bool_, times, lambda _: one.events.leans),
        kind=_stacked(folder / "kind", np.int8, times, lambda _: one.events.kind),
        model=_stacked(folder / "model", np.int16, times, lambda _: one.events.model),
        prompt=_stacked(folder / "prompt", np.int64, times, lambda c: one.events.prompt + c),
        refused=_stacked(folder / "refused", np.bool_, times, lambda _: one.events.refused),
        capability=_stacked(folder / "capability", np.int8, times, lambda _: one.events.capability),
    )
    population = replace(
        one,
        accounts=_listed(one.accounts, of, copies),
        org=np.concatenate([one.org + copy * len(one.orgs) for copy in range(times)]),
        orgs=_listed(one.orgs, np.tile(np.arange(len(one.orgs)), times), np.repeat(np.arange(times), len(one.orgs))),
        facts=facts,
        entities={kind: _entities(entities, one, code, times, rng) for kind, entities in one.entities.items()},
        events=events,
        fragments=_fragments(one, code, times, folder),
        authorised=np.tile(one.authorised, times),
        verified=np.tile(one.verified, times),
        start=one.start - STIR,
        end=one.end + STIR,
    )
    return population, Copies(operator, of, np.zeros(of.size, dtype=np.int64))


def _moved(one: Population, code: Ints, times: int, rng: np.random.Generator) -> Ints:
    """µs by which each copy of an account is off, within the span of the traffic."""
    place = np.arange(one.size) + 10**9
    if "signup_network" in one.entities:
        entities = one.entities["signup_network"]
        place[entities.account] = entities.value
    _, place = np.unique(place, return_inverse=True)
    first, last = one.facts["first_seen"], one.facts["last_seen"]
    # Those of one place move together: no further than the first and the last of them allow.
    low, high = np.full(place.max() + 1, -float(MOVED)), np.full(place.max() + 1, float(MOVED))
    np.maximum.at(low, place, one.start - first)
    np.minimum.at(high, place, one.end - last)
    together = low + (high - low) * rng.random((times, low.size))
    alone = rng.integers(-STIR, STIR, (times, one.size))
    moved: Ints = np.where(code >= 0, alone, together[:, place].astype(np.int64) + alone // 10)
    return moved


def _stacked(path: Path, kind: Any, times: int, copy: Any) -> Any:
    one = copy(0)
    made = np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=(one.size * times,))
    for number in range(times):
        made[number * one.size : (number + 1) * one.size] = copy(number)
    made.flush()
    del made
    return np.load(path, mmap_mode="r")


def _numbers(shared: npt.NDArray[np.bool_], times: int) -> tuple[Ints, Ints, Ints]:
    """Numbers of values in each copy, (times, values): shared ones keep theirs. And of each: which value, which copy."""
    own = np.nonzero(~shared)[0]
    table = np.tile(np.arange(shared.size), (times, 1))
    for copy in range(1, times):
        table[copy, own] = shared.size + (copy - 1) * own.size + np.arange(own.size)
    return (
        table,
        np.concatenate([np.arange(shared.size), np.tile(own, times - 1)]),
        np.concatenate([np.zeros(shared.size, dtype=np.int64), np.repeat(np.arange(1, times), own.size)]),
    )


def _marks(value: Ints, account: Ints, orgs: Ints, one: Population, code: Ints) -> npt.NDArray[np.bool_]:
    """Values that stay the same in every copy: those in many hands, and those of which an operator holds most."""
    shared = orgs >= COMMON
    for operator in range(int(code.max(initial=-1)) + 1):
        mine = code[account] == operator
        pairs = np.unique(one.org[account[mine]] * max(1, orgs.size) + value[mine])
        held = np.bincount(pairs % max(1, orgs.size), minlength=orgs.size)
        shared |= (held >= LEAST_MARKED) & (held >= MARKS * orgs)
    return shared


def _entities(entities: Entities, one: Population, code: Ints, times: int, rng: np.random.Generator) -> Entities:
    shared = _marks(entities.value, entities.account, entities.orgs, one, code)
    table, of, copy = _numbers(shared, times)
    values = [table[c][entities.value] for c in range(times)]
    if entities.single:
        # What is everybody's goes round among honest accounts, so that copies do not agree in all of it.
        round_ = np.nonzero(shared[entities.value] & (code[entities.account] < 0))[0]
        for value in values:
            value[round_] = value[rng.permutation(round_)]
    return replace(
        entities,
        account=np.concatenate([entities.account + c * one.size for c in range(times)]).astype(np.int32),
        value=np.concatenate(values).astype(np.int32),
        names=_listed(entities.names, of, copy),
        orgs=np.where(shared[of], entities.orgs[of] * times, entities.orgs[of]),
        uses=np.tile(entities.uses.astype(np.int32), times),
    )


def _fragments(one: Population, code: Ints, times: int, folder: Path) -> Fragments:
    fragments = one.fragments
    account = one.events.account[fragments.exchange]
    shared = _marks(fragments.fragment, account, fragments.orgs, one, code)
    table, of, _ = _numbers(shared, times)
    size = one.events.time.size
    grown = np.where(shared[of], times, 1)
    return Fragments(
        exchange=_stacked(folder / "exchange", np.int32, times, lambda c: fragments.exchange + c * size),
        fragment=_stacked(folder / "fragment", np.int32, times, lambda c: table[c][fragments.fragment]),
        orgs=fragments.orgs[of] * grown,
        prompts=fragments.prompts[of] * grown,
        exchanges=fragments.exchanges[of] * grown,
        lean=fragments.lean[of],
    )


def linked(population: Population, operator: Sequence[str]) -> Figures:
    """Link and test a population; what it cost, and what was found of each operator."""
    settings = Settings()
    account = Account(settings, Silent())
    on = account.signals(find_signals(), population.columns)

    def test(group: Group) -> list[Evidence]:
        return [found for signal in on if (found := signal.evidence(group)) is not None]

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    findings = find_campaigns(
        population,
        test,
        signals=len(on),
        settings=settings.campaigns,
        calibration=load_calibration(),
        attainable=account.attainable,
        earlier={},
        progress=Silent(),
    )
    cost = time.process_time() - begun
    number = {name: at for at, name in enumerate(population.accounts)}
    found: dict[str, Counter[str]] = {}
    for campaign, name in zip(
        findings.members["campaign_id"].to_pylist(), findings.members["account_id"].to_pylist(), strict=True
    ):
        found.setdefault(campaign, Counter())[operator[number[name]][4:] or "honest"] += 1
    return {
        "accounts": population.size,
        "exchanges": int(population.events.time.size),
        "pairs": int(population.fragments.exchange.size),
        "cpu_s": round(cost, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "before_mb": round(before / 1024),
        "groups": findings.tests // max(1, len(on)),
        "operators": dict(Counter(name[4:] for name in operator if name[4:])),
        "campaigns": {campaign: dict(held.most_common(4)) for campaign, held in found.items()},
    }


def run(measurement: Path, times: int, folder: Path) -> Figures:
    """Multiply what was measured, and link it."""
    # Written by this program a moment ago.
    population, operator = pickle.loads(measurement.read_bytes())  # noqa: S301
    with tempfile.TemporaryDirectory(dir=folder) as held:
        return linked(*multiplied(population, operator, times, Path(held)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", type=Path)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 8, 32, 160])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as held:
        folder = Path(held)
        if given.one:
            print(orjson.dumps(run(given.one, given.times[0], folder)).decode())
            return
        measurement = folder / "measured"
        measurement.write_bytes(pickle.dumps(measured(given.world), protocol=5))
        for times in given.times:
            command = [sys.executable, __file__, str(given.world), "--folder", held, "--one", str(measurement)]
            done = subprocess.run([*command, "--times", str(times)], check=True, capture_output=True)
            figures = orjson.loads(done.stdout)
            print(done.stdout.decode().strip() if given.json else "  ".join(f"{k} {v}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
