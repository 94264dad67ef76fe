"""Worlds of the attribution benchmark: made and detected once, then kept with what their operators really showed."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow.parquet as pq

from hydrometer import __version__, api
from hydrometer.contract.entity_kinds import ENTITY_KINDS, INDICATOR_KINDS, EntityKind
from hydrometer.contract.progress import SilentProgress
from hydrometer.lab.simulate import Scenario, make_world_folder
from quality.varied import varied
from quality.worlds import ONE_THREAD, site_key

if TYPE_CHECKING:
    from collections.abc import Iterator

TRUTH = "shown.json"
OF_ACCOUNTS = tuple(kind for kind in INDICATOR_KINDS if ENTITY_KINDS[kind].table == "accounts")
OF_EXCHANGES = (EntityKind.ADDRESS, EntityKind.JA4, EntityKind.USER_AGENT, EntityKind.NETWORK)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What really was in a world: by operator, and of each campaign that was found whose it is."""

    values: dict[str, dict[str, dict[str, int]]]
    """By operator, kind and value: how many of its accounts show it."""
    operators: dict[str, str]
    """By campaign: the operator that has most of its accounts, '' when most are nobody's."""
    beneficiaries: dict[str, list[str]]
    """By operator: who gets the outputs."""


def scenario(seed: int, honest: int) -> Scenario:
    """Return the world of a seed: two to six operators with every knob drawn at random (quality.varied)."""
    drawn = [*varied(seed, honest).operators, *varied(seed + 5_000, honest).operators]
    operators = tuple(
        msgspec.structs.replace(
            spec, name=f"operator{n}", beneficiaries=tuple(f"lab{n}{letter}" for letter in spec.beneficiaries)
        )
        for n, spec in enumerate(drawn, start=1)
    )
    return Scenario(name=f"attribution{seed}", honest=honest, operators=operators)


def make(seed: int, honest: int, into: Path) -> Path:
    """Make and detect the world of a seed, and keep the result and the truth in `into`/SEED; nothing is done twice."""
    kept = into / str(seed)
    if (kept / TRUTH).exists():
        return kept
    shutil.rmtree(kept, ignore_errors=True)
    made = scenario(seed, honest)
    with tempfile.TemporaryDirectory(prefix="hydrometer-attribution-") as place:
        folder, world = Path(place), Path(place) / "world"
        make_world_folder(made, seed, world, sketching=None, workers=1, version=__version__, progress=SilentProgress())
        key = site_key(made.name, seed, folder)
        api.detect(world, kept, ONE_THREAD, site_key=key, mapping=None, source=None, progress=SilentProgress())
        shown = _shown(made, world, kept)
    (kept / TRUTH).write_bytes(msgspec.json.encode(shown, order="deterministic"))
    return kept


def _shown(made: Scenario, world: Path, result: Path) -> Shown:
    truth = pq.read_table(world.with_name("world.truth") / "accounts.parquet", columns=["account_id", "operator"])
    owner = {a: o for a, o in zip(*(truth[n].to_pylist() for n in ("account_id", "operator")), strict=True) if o}
    values: dict[str, dict[str, Counter[str]]] = {spec.name: {} for spec in made.operators}
    for account, kind, value in (*_of_accounts(world), *_of_exchanges(world)):
        if account in owner and value is not None:
            values[owner[account]].setdefault(kind, Counter())[value] += 1
    members = pq.read_table(result / "members.parquet", columns=["campaign_id", "account_id"]).to_pylist()
    held: dict[str, Counter[str]] = {}
    for row in members:
        held.setdefault(row["campaign_id"], Counter())[owner.get(row["account_id"], "")] += 1
    return Shown(
        values={name: {kind: dict(found) for kind, found in kinds.items()} for name, kinds in values.items()},
        operators={name: max(sorted(found), key=lambda o: found[o]) for name, found in held.items()},
        beneficiaries={spec.name: list(spec.beneficiaries) for spec in made.operators},
    )


def _of_accounts(world: Path) -> Iterator[tuple[str, EntityKind, str | None]]:
    table = pq.read_table(world / "accounts.parquet")
    accounts = table["account_id"].to_pylist()
    for kind in OF_ACCOUNTS:
        spec = ENTITY_KINDS[kind]
        values = table[spec.column].to_pylist()
        yield from ((a, kind, spec.form.canonicalise(v) or None) for a, v in zip(accounts, values, strict=True))


def _of_exchanges(world: Path) -> Iterator[tuple[str, EntityKind, str | None]]:
    for kind in OF_EXCHANGES:
        spec = ENTITY_KINDS[kind]
        table = pq.read_table(world / "exchanges.parquet", columns=["account_id", spec.column])
        pairs = table.group_by(["account_id", spec.column]).aggregate([]).to_pylist()
        shown = dict.fromkeys((r["account_id"], spec.form.canonicalise(r[spec.column]) or None) for r in pairs)
        yield from ((account, kind, value) for account, value in shown)
