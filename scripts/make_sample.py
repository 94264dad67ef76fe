"""Makes the sample world that the package carries: `python scripts/make_sample.py [FOLDER]`.

The sample is small enough to ship, has two operators among most of the honest archetypes, and comes out the same byte
for byte wherever the same versions of NumPy and PyArrow write it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import pyarrow.compute as pc

from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.intel_records import Actor, Dossiers, Indicator, IntelSource, WorkingHours
from hydrometer.intelligence.exchange.dossier_files import write_dossiers
from hydrometer.lab.simulate import OperatorSpec, Scenario, make_world, write_world

if TYPE_CHECKING:
    import pyarrow as pa

    from hydrometer.lab.simulate import LabelledWorld

SEED = 2026
NAMESPACE = UUID("5d0f0f6e-6c2c-4f0a-9d38-2f6f4f1f7a26")
"""Of the ids in the sample's dossiers."""
SAMPLE = Scenario(
    name="sample",
    honest=1_070,
    days=14,
    volume=0.93,
    shares={
        "person": 0.3,
        "product": 0.003,
        "aggregator": 0.004,
        "support": 0.002,
        "backfill": 0.002,
        "nightly": 0.025,
        "drift": 0.004,
        "licensed": 0.005,
    },
    operators=(
        OperatorSpec(
            name="ember",
            accounts=60,
            card="bin",
            bins=2,
            email="digits",
            network="residential",
            networks_per_account=20,
            rhythm="queue",
            jitter=0.3,
            rate=4,
            kinds=("reasoning", "finished_answer"),
            wordings=12,
            system=True,
            pivot=True,
        ),
        OperatorSpec(
            name="quill",
            accounts=70,
            card="unique",
            email="ordinary",
            email_domain="common",
            network="subnet",
            rhythm="human",
            rate=3,
            start_day=2.0,
            stop_day=12.5,
            kinds=("relay", "grading"),
            wordings=6,
            innocent=0.4,
            customers=60,
            beneficiaries=("B", "C"),
        ),
    ),
)

README = f"""# Sample world

A simulated fortnight of a model provider's traffic: about 1,200 accounts and 29,500 exchanges, two operators
(`ember`, `quill`) among honest customers of most kinds. Nobody in it is real: every name, address, card digest and
text was made by a program, and all of it was written for this project.

- `world/` is what `hydrometer detect` reads; `world.truth/` says who was who: `accounts.parquet` (account_id,
  operator, kind, community; an empty operator means honest) and `exchanges.parquet` (exchange_id, campaign,
  beneficiary; null means innocent).
- `world/intel/` is what the provider knew before: dossiers of two invented actors. One ran `ember`, and part of its cards and
  devices are in use again; the other is named by a partner for what `quill` shows, and has nothing to do with it.
- Licence: Apache-2.0, like the package.
- Made by `python scripts/make_sample.py` with seed {SEED}; run it again to get the same files.
"""


def dossiers(world: LabelledWorld) -> Dossiers:
    """Return what was known before the fortnight: an operator that comes back, and hearsay of one that was never there."""

    def shown(operator: str, table: pa.Table, column: str, most: int) -> list[str]:
        truth = world.truth_accounts
        accounts = truth.filter(pc.equal(truth["operator"], operator))["account_id"]
        found = table.filter(pc.is_in(table["account_id"], value_set=accounts.combine_chunks()))[column].drop_null()
        counted = sorted(pc.value_counts(found).to_pylist(), key=lambda row: (-row["counts"], row["values"]))
        return [row["values"] for row in counted[:most]]

    here = IntelSource(id=_id("identity", "here"), name="this site", reliability="A")
    partner = IntelSource(id=_id("identity", "partner"), name="Northern Exchange", reliability="C")
    heron = Actor(
        id=_id("intrusion-set", "heron"),
        name="Grey Heron",
        hours=WorkingHours(timezone="Asia/Singapore"),
        source=here.id,
        confidence=80,
    )
    tarn = Actor(
        id=_id("intrusion-set", "tarn"), name="Lake Tarn", products=("Tarn One",), source=partner.id, confidence=40
    )

    def known(kind: EntityKind, values: list[str], of: Actor, confidence: int) -> list[Indicator]:
        return [
            Indicator(
                id=_id("indicator", f"{of.name} {kind} {value}"),
                kind=kind,
                value=value,
                indicates=(of.id,),
                source=of.source,
                confidence=confidence,
                credibility=2 if of is heron else 4,
                valid_from=datetime(2026, 2, 1, tzinfo=UTC),
                valid_until=datetime(2026, 8, 1, tzinfo=UTC),
            )
            for value in values
        ]

    indicators = [
        *known(EntityKind.PAYMENT, shown("ember", world.accounts, "payment_fingerprint", 8), heron, 80),
        *known(EntityKind.DEVICE, shown("ember", world.accounts, "device_id", 6), heron, 80),
        *known(EntityKind.BIN, shown("ember", world.accounts, "payment_bin", 1), heron, 60),
        *known(EntityKind.USER_AGENT, shown("quill", world.exchanges, "user_agent", 1), tarn, 40),
        *known(EntityKind.EMAIL_DOMAIN, shown("quill", world.accounts, "email_domain", 1), tarn, 30),
    ]
    return Dossiers(
        sources=tuple(sorted((here, partner), key=lambda one: one.id)),
        actors=tuple(sorted((heron, tarn), key=lambda one: one.id)),
        indicators=tuple(sorted(indicators, key=lambda one: one.id)),
    )


def _id(kind: str, name: str) -> str:
    return f"{kind}--{uuid5(NAMESPACE, name)}"


def main() -> None:
    """Write the sample to the folder named on the command line, or to the one inside the package."""
    package = Path(__file__).resolve().parents[1] / "src" / "hydrometer" / "lab" / "simulate" / "sample"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else package
    world = make_world(SAMPLE, SEED)
    write_world(world, folder / "world")
    write_dossiers(dossiers(world), folder / "world" / "intel", datetime(2026, 3, 31, tzinfo=UTC))
    (folder / "README.md").write_text(README, "utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    print(
        f"{world.accounts.num_rows:,} accounts, {world.exchanges.num_rows:,} exchanges, {size / 1e6:.2f} MB in {folder}"
    )


if __name__ == "__main__":
    main()
