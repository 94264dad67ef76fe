"""How long a bundle takes to be read: by `read_dossiers`, by the library stix2, and by OASIS's validator.

    python benchmarks/stix_reading.py [--indicators N] [--few N] [--json]

The bundle has N indicators (addresses, ranges, payments, JA4), each with a relationship to one actor. The library and the
validator get `--few` of each and are told per 100,000. CPU seconds of one process.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stix2
from stix2validator import ValidationOptions, validate_instance

from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.intel_records import Actor, Dossiers, Indicator, IntelSource
from hydrometer.intelligence.exchange.bundle_files import read_bundle
from hydrometer.intelligence.exchange.dossier_files import read_dossiers, write_dossiers
from hydrometer.intelligence.exchange.stix_ids import make_id

if TYPE_CHECKING:
    from collections.abc import Callable

PARTNER, ACTOR = make_id("identity", "partner"), make_id("intrusion-set", "lynx")
KINDS = (EntityKind.ADDRESS, EntityKind.NETWORK, EntityKind.PAYMENT, EntityKind.JA4)
PER = 100_000


def value(kind: EntityKind, number: int) -> str:
    """A value of a kind, another one for each number."""
    high, middle, low = number >> 16 & 255, number >> 8 & 255, number & 255
    return {
        EntityKind.ADDRESS: f"198.{high}.{middle}.{low}",
        EntityKind.NETWORK: f"203.{middle}.{low}.0/24",
        EntityKind.PAYMENT: f"{number:064x}",
    }.get(kind, f"t13d1516h2_{number:012x}_02713d6af862")


def dossiers(indicators: int) -> Dossiers:
    """One actor and so many indicators of it."""
    made = (
        Indicator(
            id=make_id("indicator", number),
            kind=KINDS[number % len(KINDS)],
            value=value(KINDS[number % len(KINDS)], number),
            indicates=(ACTOR,),
            source=PARTNER,
        )
        for number in range(indicators)
    )
    return Dossiers(
        sources=(IntelSource(id=PARTNER, name="Partner"),),
        actors=(Actor(id=ACTOR, name="Lynx", source=PARTNER),),
        indicators=tuple(sorted(made, key=lambda one: one.id)),
    )


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measured(indicators: int, few: int) -> dict[str, float]:
    """What the three take, in CPU seconds; those of few objects for 100,000 indicators with their relationships."""
    options = ValidationOptions(version="2.1")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bundle.json"
        written = seconds(lambda: write_dossiers(dossiers(indicators), file))
        found = {"megabytes": file.stat().st_size / 1e6, "write": written, "read": seconds(lambda: read_dossiers(file))}
        objects = read_bundle(file)
    for name, parse in (
        ("stix2 per 100,000", lambda one: stix2.parse(one, allow_custom=True)),
        ("stix2-validator per 100,000", lambda one: validate_instance(one, options)),
    ):
        found[name] = sum(_of(objects, kind, few, parse) for kind in ("indicator", "relationship")) * PER / few
    return found


def _of(objects: list[dict[str, Any]], kind: str, few: int, parse: Callable[[dict[str, Any]], object]) -> float:
    chosen = [one for one in objects if one["type"] == kind][:few]
    parse(chosen[0])  # the first loads grammars and schemas
    return seconds(lambda: [parse(one) for one in chosen])


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indicators", type=int, default=PER)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measured(asked.indicators, asked.few)
    if asked.json:
        print(json.dumps(found))
        return
    for name, number in found.items():
        print(f"{name}: {number:.1f}")


if __name__ == "__main__":
    main()
