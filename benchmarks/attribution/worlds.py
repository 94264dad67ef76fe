"""Worlds of the attribution benchmark: made and detected once, then kept with what their operators really showed."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from attribution.dossiers import derive_email_shape
from hydrometer import api
from hydrometer.contract.addresses import derive_network_block
from hydrometer.contract.progress import SilentProgress
from hydrometer.lab.simulate import Scenario, make_world_folder
from quality.varied import varied
from quality.worlds import ONE_THREAD, site_key

if TYPE_CHECKING:
    from collections.abc import Iterator

TRUTH = "shown.json"
OF_ACCOUNTS = {
    "payment": "payment_fingerprint",
    "bin": "payment_bin",
    "device": "device_id",
    "phone": "phone_hash",
    "email_domain": "email_domain",
}
OF_EXCHANGES = {"address": "client_ip", "ja4": "ja4", "user_agent": "user_agent"}


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
        make_world_folder(made, seed, world, sketching=None, workers=1, progress=SilentProgress())
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


def _of_accounts(world: Path) -> Iterator[tuple[str, str, str | None]]:
    table = pq.read_table(world / "accounts.parquet")
    accounts = table["account_id"].to_pylist()
    for kind, column in OF_ACCOUNTS.items():
        yield from ((a, kind, v) for a, v in zip(accounts, table[column].to_pylist(), strict=True))
    for a, local in zip(accounts, table["email_local"].to_pylist(), strict=True):
        yield a, "email_shape", derive_email_shape(local) if local else None
    for a, address in zip(accounts, table["signup_ip"].to_pylist(), strict=True):
        yield a, "signup_network", derive_network_block(address) if address else None


def _of_exchanges(world: Path) -> Iterator[tuple[str, str, str | None]]:
    for kind, column in OF_EXCHANGES.items():
        table = pq.read_table(world / "exchanges.parquet", columns=["account_id", column])
        pairs = table.group_by(["account_id", column]).aggregate([])
        yield from ((r["account_id"], kind, r[column]) for r in pairs.to_pylist())
        if kind == "address":
            networks = pa.array(
                [derive_network_block(v) if v else None for v in pairs[column].to_pylist()], pa.string()
            )
            seen = pa.table({"account": pairs["account_id"], "network": networks})
            distinct = seen.filter(pc.is_valid(seen["network"])).group_by(["account", "network"]).aggregate([])
            yield from ((r["account"], "network", r["network"]) for r in distinct.to_pylist())
