"""The bundled sample is what the script makes, and small."""

from __future__ import annotations

import runpy
from pathlib import Path

import pyarrow.parquet as pq

import hydrometer.lab.simulate
from fixtures.project import ROOT
from hydrometer.intelligence.exchange.dossier_files import read_dossiers

SAMPLE = Path(hydrometer.lab.simulate.__file__).parent / "sample"
SCRIPT = ROOT / "scripts" / "make_sample.py"


def test_the_sample_is_small_and_labelled() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*.parquet")) <= 3_000_000
    exchanges, accounts = (
        pq.read_metadata(SAMPLE / "world" / f"{name}.parquet").num_rows for name in ("exchanges", "accounts")
    )
    assert 25_000 <= exchanges <= 30_000
    assert 1_100 <= accounts <= 1_300
    truth = pq.read_table(SAMPLE / "world.truth" / "accounts.parquet")
    assert set(truth["operator"].to_pylist()) == {"", "ember", "quill"}
    assert len(set(truth["kind"].to_pylist())) >= 20


def test_the_sample_is_reproducible() -> None:
    script = runpy.run_path(str(SCRIPT))
    world = hydrometer.lab.simulate.make_world(script["SAMPLE"], script["SEED"])
    assert pq.read_table(SAMPLE / "world" / "exchanges.parquet").equals(world.exchanges)
    assert pq.read_table(SAMPLE / "world" / "accounts.parquet").equals(world.accounts)
    assert pq.read_table(SAMPLE / "world.truth" / "exchanges.parquet").equals(world.truth_exchanges)
    known = read_dossiers(SAMPLE / "world" / "intel")
    made = script["dossiers"](world)
    assert (known.actors, known.indicators, known.sources) == (made.actors, made.indicators, made.sources)
