"""How fast texts become campaigns, end to end: exchanges a second after warm-up, by stage, and memory by input size.

usage: python benchmarks/detect.py [--exchanges 100000] [--times 4] [--seed 7] [--threads 0] [--json]

Worlds are made and found in processes of their own, so that the peak memory is that of `detect`: a process inherits
the peak of the one that begins it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson
import pyarrow.compute as pc
from msgspec.structs import replace

from hydrometer import api
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.lab.simulate import SCENARIOS, make_world, write_world
from speed.machine import machine, versions

SCENARIO = SCENARIOS["ladder2"]
OPERATORS, EACH = 17_000, 26
"""Exchanges of the scenario's operator, and about so many of an honest account."""

Figures = dict[str, Any]


def made(exchanges: int, seed: int, folder: Path) -> Figures:
    """Write a world of about so many exchanges."""
    honest = max(300, round((exchanges - OPERATORS) / EACH))
    world = make_world(replace(SCENARIO, honest=honest), seed)
    write_world(world, folder)
    texts = sum(pc.sum(pc.binary_length(world.exchanges[name])).as_py() or 0 for name in ("prompt", "system_prompt"))
    return {
        "exchanges": world.exchanges.num_rows,
        "accounts": world.accounts.num_rows,
        "texts_mb": round(texts / 1e6, 1),
    }


def found(traffic: Path, runs: int, threads: int) -> list[Figures]:
    """Detect so many times in this process; the first time compiles, or loads what an earlier process compiled."""
    figures = []
    with tempfile.TemporaryDirectory() as held:
        for number in range(runs):
            wall, cpu = time.perf_counter(), time.process_time()
            result = api.detect(
                traffic,
                Path(held) / f"result-{number}",
                Settings(threads=threads),
                site_key=Path(held) / "site.key",
                mapping=None,
                source=None,
                progress=SilentProgress(),
            )
            figures.append(
                {
                    "seconds": round(time.perf_counter() - wall, 3),
                    "cpu_seconds": round(time.process_time() - cpu, 3),
                    "campaigns": len(result.campaigns),
                    "stages": [
                        {"name": stage.name, "seconds": stage.seconds, "peak_memory_mb": stage.peak_memory_mb}
                        for stage in result.run.stages
                    ],
                }
            )
    return figures


def apart(*arguments: str | Path) -> Any:
    """What this file prints when it is run with these arguments."""
    done = subprocess.run([sys.executable, __file__, *map(str, arguments)], capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return orjson.loads(done.stdout)


def measured(exchanges: int, times: int, seed: int, threads: int) -> Figures:
    """Everything that is printed: the smaller world found twice, the larger one once."""
    worlds: list[Figures] = []
    for size, runs in ((exchanges, 2), (exchanges * times, 1))[: 2 if times > 1 else 1]:
        with tempfile.TemporaryDirectory() as held:
            folder = Path(held) / "world"
            world = apart("--make", folder, "--exchanges", str(size), "--seed", str(seed))
            worlds.append({**world, "runs": apart("--find", folder, "--runs", str(runs), "--threads", str(threads))})
    warm = worlds[0]["runs"][-1]
    return {
        "machine": machine() | versions(),
        "worlds": worlds,
        "exchanges_per_second": round(worlds[0]["exchanges"] / warm["seconds"]),
        "exchanges_per_cpu_second": round(worlds[0]["exchanges"] / warm["cpu_seconds"]),
    }


def show(figures: Figures) -> None:
    """Print the figures as tables."""
    print(", ".join(f"{name} {value}" for name, value in figures["machine"].items()))
    small = figures["worlds"][0]
    cold, warm = small["runs"]
    print(f"\n{small['exchanges']:,} exchanges of {small['accounts']:,} accounts, {small['texts_mb']} MB of texts")
    print(f"{'stage':24}{'seconds':>10}{'exchanges/s':>14}{'first run':>12}")
    for before, after in zip(cold["stages"], warm["stages"], strict=True):
        rate = small["exchanges"] / max(after["seconds"], 1e-3)
        print(f"{after['name']:24}{after['seconds']:>10.2f}{rate:>14,.0f}{before['seconds']:>12.2f}")
    print(
        f"{'all, with writing':24}{warm['seconds']:>10.2f}{figures['exchanges_per_second']:>14,}{cold['seconds']:>12.2f}"
    )
    print(f"CPU: {warm['cpu_seconds']:.2f} s, {figures['exchanges_per_cpu_second']:,} exchanges a CPU second")
    print("\npeak memory after each stage of a first run, MB")
    sizes = [f"{world['exchanges']:,}" for world in figures["worlds"]]
    print(f"{'exchanges':24}" + "".join(f"{size:>12}" for size in sizes))
    for number, stage in enumerate(small["runs"][0]["stages"]):
        peaks = [world["runs"][0]["stages"][number]["peak_memory_mb"] for world in figures["worlds"]]
        print(f"{stage['name']:24}" + "".join(f"{peak:>12,.0f}" for peak in peaks))
    print(f"{'seconds':24}" + "".join(f"{world['runs'][0]['seconds']:>12.1f}" for world in figures["worlds"]))


def main() -> None:
    """Measure and print; with --json only the figures, for other programs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--exchanges", type=int, default=100_000, help="about so many in the smaller world")
    parser.add_argument("--times", type=int, default=4, help="the larger world has so many times as many; 1: none")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--find", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make is not None:
        sys.stdout.buffer.write(orjson.dumps(made(arguments.exchanges, arguments.seed, arguments.make)))
        return
    if arguments.find is not None:
        sys.stdout.buffer.write(orjson.dumps(found(arguments.find, arguments.runs, arguments.threads)))
        return
    figures = measured(arguments.exchanges, arguments.times, arguments.seed, arguments.threads)
    if arguments.json:
        print(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
    else:
        show(figures)


if __name__ == "__main__":
    main()
