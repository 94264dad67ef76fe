"""What private matching costs each side: wall and CPU seconds, memory and bytes, of two processes over the loopback.

usage: python benchmarks/matching.py [--items 100000] [--shared 10000] [--threads 0] [--parts] [--json]

Both sides have as many items. They share this machine, so that the wall time is that of two sites on one machine's cores.
With --parts it measures what an item's steps cost, and how fast a keyed digest lets values be tried, on one core and on all.
"""

from __future__ import annotations

import argparse
import hmac
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hydrometer import __version__
from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.files import open_listener
from hydrometer.intelligence.psi import ristretto as group
from hydrometer.intelligence.psi import tcp_sessions
from hydrometer.intelligence.psi.item_list import MatchItem
from hydrometer.intelligence.psi.partner_file import Partner
from hydrometer.intelligence.psi.query_quota import SessionLedger
from hydrometer.intelligence.psi.session_terms import LocalRequest

if TYPE_CHECKING:
    from collections.abc import Callable

Figures = dict[str, Any]
SECONDS = 3_600.0


def addresses(first: int, count: int) -> tuple[MatchItem, ...]:
    """Addresses of 2001:db8::/32, which is for documentation."""
    return tuple(
        MatchItem(EntityKind.ADDRESS, f"2001:db8::{number >> 16:x}:{number & 0xFFFF:x}")
        for number in range(first, first + count)
    )


def side(role: str, first: int, count: int, threads: int, folder: Path, port: int) -> Figures:
    """Run one side in this process."""
    wish = LocalRequest(items=tuple(sorted(addresses(first, count))))
    partner = Partner(name="other", key="ab" * 32, most_items=1_000_000, most_in_period=10_000_000)
    ledger = SessionLedger(folder / f"{role}.ledger")
    parts = tcp_sessions.SessionSetup(partner, wish, ledger, seconds=SECONDS, threads=threads)
    with open_listener("127.0.0.1", port) if role == "serve" else nullcontext() as listening:
        if listening is not None:
            print(listening.getsockname()[1], flush=True)
        cpu, wall = time.process_time(), time.perf_counter()
        if listening is not None:
            done = tcp_sessions.serve_session(listening, parts, SECONDS, lambda line: print(line, file=sys.stderr))
        else:
            done = tcp_sessions.join_session("127.0.0.1", port, parts)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "role": role,
        "shared": len(done.items or ()),
        "seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def measured(items: int, shared: int, threads: int) -> Figures:
    """Run both sides, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:

        def started(role: str, first: int, port: int) -> subprocess.Popen[str]:
            numbers = ["--first", str(first), "--items", str(items), "--threads", str(threads), "--port", str(port)]
            command = [sys.executable, __file__, "--side", role, "--folder", folder, *numbers]
            return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

        with started("serve", 0, 0) as serving:
            if serving.stdout is None:
                raise RuntimeError("no output of the other side")
            port = int(serving.stdout.readline())
            with started("join", items - shared, port) as joining:
                joined, _ = joining.communicate()
            served, _ = serving.communicate()
    sides = [orjson.loads(text) for text in (served, joined)]
    return {
        "cores": os.cpu_count(),
        "threads": threads,
        "hydrometer": __version__,
        "items": items,
        "shared": shared,
        "bytes_a_side": 2 * items * 32,
        "sides": sides,
    }


def steps(count: int) -> Figures:
    """Time each step on its own, in microseconds an item on one core, and the raising in all threads."""
    session, secret, items = bytes(32), group.draw_secret(), addresses(0, count)
    points = [group.hash_to_point(session, item) for item in items]
    works: dict[str, Callable[[], object]] = {
        "HMAC-SHA256 of a value": lambda: [hmac.digest(session, item.value.encode(), "sha256") for item in items],
        "value to point": lambda: [group.hash_to_point(session, item) for item in items],
        "point raised": lambda: [group.raise_point(one, secret) for one in points],
    }
    figures: Figures = {"cores": os.cpu_count(), "items": count, "cpu_us_an_item": {}, "wall_seconds_of_raising": {}}
    for name, work in works.items():
        cpu = time.process_time()
        work()
        figures["cpu_us_an_item"][name] = round((time.process_time() - cpu) / count * 1e6, 2)
    for threads in sorted({1, os.cpu_count() or 1}):
        with group.PointWorkerPool(threads) as mill:
            mill.raise_points(points[:100], secret)
            wall = time.perf_counter()
            mill.raise_points(points, secret)
            figures["wall_seconds_of_raising"][f"{threads} threads"] = round(time.perf_counter() - wall, 2)
    return figures


def show(figures: Figures) -> None:
    """Print the figures as a table."""
    print(f"{figures['items']:,} items a side, {figures['shared']:,} shared; {figures['cores']} cores, of both sides")
    print(f"{'side':8}{'found':>10}{'seconds':>10}{'CPU s':>10}{'CPU µs/item':>14}{'memory MB':>12}")
    for one in figures["sides"]:
        each = one["cpu_seconds"] / max(figures["items"], 1) * 1e6
        row = f"{one['role']:8}{one['shared']:>10,}{one['seconds']:>10.2f}{one['cpu_seconds']:>10.2f}"
        print(f"{row}{each:>14.1f}{one['peak_memory_mb']:>12,}")


def main() -> None:
    """Measure and print; with --json only the figures, for other programs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--items", type=int, default=100_000, help="of each side")
    parser.add_argument("--shared", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=0, help="of each side; 0: all cores")
    parser.add_argument("--parts", action="store_true", help="what an item's steps cost, as JSON")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=["serve", "join"], help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side is not None:
        found = side(
            arguments.side, arguments.first, arguments.items, arguments.threads, arguments.folder, arguments.port
        )
        print(orjson.dumps(found).decode())
        return
    if arguments.parts:
        print(orjson.dumps(steps(arguments.items), option=orjson.OPT_INDENT_2).decode())
        return
    figures = measured(arguments.items, arguments.shared, arguments.threads)
    if arguments.json:
        print(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
    else:
        show(figures)


if __name__ == "__main__":
    main()
