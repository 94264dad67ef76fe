"""The speed benchmark: `make bench`, or

    PYTHONPATH=benchmarks python -m speed [--sizes 1 3 10] [--whole] [--world DIR ...] [--only PART ...] [--keep]
    PYTHONPATH=benchmarks python -m speed --render

Sizes are in million exchanges. Everything is measured in processes of their own, one after the other; the figures go to
the record, from which the table is printed and docs/performance.md rendered.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import orjson

from speed import peers, stages, texts, worlds
from speed.child import measured
from speed.machine import machine, versions
from speed.page import PAGE, write_page
from speed.record import RECORD, Provenance, Record, Size, Texts, load, save
from speed.tables import plain, whole

ROOT = Path(__file__).parents[2]
PARTS = ("stages", "core", "linking", "clusters", "texts", "sketches")
MILLION = 1_000_000


def main() -> None:
    """Measure what is asked for, print the table and write the page."""
    given = _arguments()
    record = load(given.record) if given.keep or given.render else Record()
    if not given.render:
        if given.folder:
            given.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=given.folder) as held:
            folder = given.folder or Path(held)
            _measure(record, given, folder, Path(held))
        save(record, given.record)
    given.out.mkdir(parents=True, exist_ok=True)
    write_page(record, given.out)
    print(plain(whole(record)))
    print(given.out / PAGE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=float, nargs="*", default=[1, 3, 10], help="worlds to make, million exchanges")
    parser.add_argument("--whole", action="store_true", help="the whole February too: --world, else made (160 million)")
    parser.add_argument("--world", type=Path, nargs="*", default=[], help="folders of fingerprints to detect besides")
    parser.add_argument("--peers", type=float, default=10, help="largest world, in millions, on which peers are run")
    parser.add_argument("--prompts", type=int, default=4_096, help="prompts of 1.8 KB to sketch")
    parser.add_argument("--only", nargs="*", default=PARTS, choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--keep", action="store_true", help="add to the record instead of beginning it anew")
    parser.add_argument("--render", action="store_true", help="measure nothing; render the record")
    parser.add_argument(
        "--folder", type=Path, help="where worlds are kept and found again; without it they are removed"
    )
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of performance.md and its drawing")
    given = parser.parse_args()
    if given.whole and not given.world:
        given.sizes = [*given.sizes, worlds.WHOLE / MILLION]
    return given


def _measure(record: Record, given: argparse.Namespace, folder: Path, work: Path) -> None:
    parts = [part for part in PARTS if part in given.only]
    made = []
    if set(parts) & {"stages", "core", "linking", "clusters"}:
        _say("making worlds")
        made = [
            worlds.make(round(size * MILLION), folder / f"february-{round(size * MILLION)}") for size in given.sizes
        ]
        made += [worlds.opened(path) for path in given.world]
        made.sort(key=lambda world: world.exchanges)
    small = [world for world in made if world.exchanges <= 1.1 * given.peers * MILLION]
    ends = [small[0], small[-1]] if len(small) > 1 else small
    for part in parts:
        _say(part)
        if part == "stages" and made:
            stages.warm(made[0])
            for world in made:
                _say(f"  {world.exchanges:,}")
                _put(record, stages.detected(world, work))
                record.of[f"detect {world.exchanges}"] = _provenance()
        elif part == "core":
            for world in ends:
                record.tasks[f"core {world.exchanges}"] = peers.core(world, work)
        elif part == "linking":
            for world in ends:
                record.tasks[f"linking {world.exchanges}"] = peers.linking(world, work)
        elif part == "clusters" and ends:
            record.tasks[f"clusters {ends[-1].exchanges}"] = peers.clusters(ends[-1], work)
        elif part == "texts":
            _, printed = measured([sys.executable, "-m", "speed.texts", str(given.prompts)])
            record.texts = [Texts(**row) for row in orjson.loads(printed)]
        elif part == "sketches":
            _, printed = measured(texts.sketchers_command(given.prompts))
            record.sketchers = texts.sketchers(printed)
        if part != "stages":
            record.of[part] = _provenance()


def _provenance() -> Provenance:
    return Provenance(
        date=datetime.now(UTC).date().isoformat(), command=_command(), machine=machine(), versions=versions()
    )


def _put(record: Record, size: Size) -> None:
    """Put a size into the record in place of one of as many exchanges."""
    record.sizes = [*(one for one in record.sizes if one.exchanges != size.exchanges), size]


def _command() -> str:
    """What was asked for, without the places of this machine."""
    words, arguments = ["PYTHONPATH=benchmarks python -m speed"], sys.argv[1:]
    for before, word in zip(["", *arguments], arguments, strict=False):
        words.append(Path(word).name if before.startswith("--") and "/" in word else word)
    return " ".join([words[0], *map(shlex.quote, words[1:])])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
