"""How fast worlds are made: a million exchanges with texts, and sketches only, with the memory of all processes.

usage: python benchmarks/simulate.py [--texts 1000000] [--sketches 4000000] [--seed 7] [--threads 0] [--json]

Of the sketches a tenth is harvested by February's operators, as in the whole of it: 160 million exchanges of 2 million
accounts, 24,000 of them the operators'. Workers first take their pools of texts in stock, then rows cost the same to the
end: what the whole would take is told from two sizes.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import orjson

Figures = dict[str, Any]

WHOLE = 160_000_000
PER_ACCOUNT = 80
OPERATED, HARVESTED = 24_000 / 2_000_000, 16_500_000 / WHOLE


class Watch:
    """The largest resident memory of a process with all its children, looked at ten times a second (Linux only)."""

    def __init__(self, process: int) -> None:
        self.peak_mb = 0.0
        self._process, self._done = process, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """End the watch and return the peak in MB."""
        self._done.set()
        self._thread.join()
        return self.peak_mb

    def _look(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._done.wait(0.1):
            parents: dict[int, list[int]] = {}
            resident: dict[int, int] = {}
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    try:
                        fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    except OSError:
                        continue
                    parents.setdefault(int(fields[1]), []).append(int(entry.name))
                    resident[int(entry.name)] = int(fields[21]) * page
            family, total = [self._process], 0
            while family:
                one = family.pop()
                total += resident.get(one, 0)
                family += parents.get(one, [])
            self.peak_mb = max(self.peak_mb, total / 1e6)


def made(arguments: list[str], folder: Path) -> Figures:
    """Run the command and return rows, seconds, CPU seconds of all processes, peak memory and bytes written."""
    command = [sys.executable, "-m", "hydrometer", "simulate", *arguments, "--out", str(folder), "--json", "--quiet"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        watch = Watch(process.pid)
        answer = process.communicate()[0]
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(process.returncode)
    rows = orjson.loads(answer)["rows"]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        **rows,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "rows_a_second": round(rows["exchanges"] / seconds),
        "cpu_us_a_row": round(cpu / rows["exchanges"] * 1e6, 2),
        "peak_mb": round(watch.stop()),
        "written_mb": round(sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6),
    }


def measured(texts: int, sketches: int, seed: int, threads: int) -> Figures:
    """Make both worlds, one after the other, and remove them."""
    shared = ["--scenario", "february", "--seed", str(seed), "--threads", str(threads)]
    figures: Figures = {"cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as held:
        if texts:
            sizes = ["--accounts", str(max(400, texts // 30)), "--exchanges", str(texts)]
            figures["texts"] = made([*shared, *sizes], Path(held) / "texts")
            shutil.rmtree(Path(held) / "texts")
        for name, rows in (("a quarter", sketches // 4), ("sketches", sketches)) if sketches else ():
            accounts = max(400, rows // PER_ACCOUNT)
            sizes = ["--accounts", str(accounts), "--exchanges", str(rows)]
            sizes += ["--operator-accounts", str(max(30, round(accounts * OPERATED)))]
            sizes += ["--harvested", str(round(rows * HARVESTED)), "--sketches-only"]
            key = ["--site-key", str(Path(held) / "site.key")]
            figures[name] = made([*shared, *sizes, *key], Path(held) / name)
            shutil.rmtree(Path(held) / name)
    return figures


def show(figures: Figures) -> None:
    """Print the figures as a table."""
    print(f"{figures['cores']} cores")
    names = [name for name in ("texts", "a quarter", "sketches") if name in figures]
    print(f"{'':18}" + "".join(f"{name:>16}" for name in names))
    for row in figures[names[0]] if names else ():
        print(f"{row:18}" + "".join(f"{figures[name][row]:>16,}" for name in names))
    if "sketches" in figures:
        less, more = figures["a quarter"], figures["sketches"]
        slope = (more["seconds"] - less["seconds"]) / (more["exchanges"] - less["exchanges"])
        seconds = more["seconds"] + (WHOLE - more["exchanges"]) * slope
        print(f"{WHOLE:,} sketch rows at the rate of the last three quarters: {seconds / 60:.1f} min")


def main() -> None:
    """Measure and print; with --json only the figures, for other programs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--texts", type=int, default=1_000_000, help="exchanges with texts; 0: none")
    parser.add_argument("--sketches", type=int, default=4_000_000, help="exchanges as sketches; 0: none")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = measured(arguments.texts, arguments.sketches, arguments.seed, arguments.threads)
    if arguments.json:
        print(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
    else:
        show(figures)


if __name__ == "__main__":
    main()
