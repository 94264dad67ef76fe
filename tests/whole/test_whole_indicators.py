"""What a result tells of values, templates and ranges, counted again from the traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from hydrometer import api
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.detected_worlds import Labelled, Outcome

COLUMNS = {
    "payment": "payment_fingerprint",
    "device": "device_id",
    "address": "client_ip",
    "asn": "client_asn",
    "ja4": "ja4",
}


@pytest.fixture(scope="module")
def sketches(small: Labelled, site_key: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[int]]:
    out = tmp_path_factory.mktemp("fingerprints") / "traffic"
    api.fingerprint(
        small.folder, out, Settings(), site_key=site_key, mapping=None, source=None, progress=SilentProgress()
    )
    rows = pq.read_table(out / "exchanges.parquet", columns=["exchange_id", "sketch"]).to_pydict()
    return {name: set(sketch) for name, sketch in zip(rows["exchange_id"], rows["sketch"], strict=True)}


def test_every_value_is_counted_among_the_members_and_among_all(small: Labelled, small_outcome: Outcome) -> None:
    found = pq.read_table(small_outcome.out / "indicators.parquet")
    with duckdb.connect() as store:
        store.register("exchange", small.world.exchanges)
        store.register("account", small.world.accounts)
        store.register("member", pq.read_table(small_outcome.out / "members.parquet"))
        for kind, column in COLUMNS.items():
            table = "account" if column in small.world.accounts.column_names else "exchange"
            expected = store.execute(
                f"""WITH shown AS (SELECT DISTINCT account_id, CAST({column} AS VARCHAR) AS value FROM {table}
                    WHERE {column} IS NOT NULL AND account_id IN (SELECT account_id FROM exchange)),
                  everywhere AS (SELECT value, count(*) AS population FROM shown GROUP BY value)
                SELECT campaign_id, value, count(*) AS accounts, any_value(population), min(first_seen), max(last_seen)
                FROM shown JOIN member USING (account_id) JOIN everywhere USING (value)
                GROUP BY ALL ORDER BY campaign_id, value"""
            ).fetchall()
            store.register("told", found)
            got = store.execute(
                "SELECT campaign_id, value, accounts, population, first_seen, last_seen FROM told WHERE kind = ? ORDER BY ALL",
                [kind],
            ).fetchall()
            assert got
            assert got == expected, kind


def test_end_users_conversations_and_accounts_are_no_indicators(small_outcome: Outcome) -> None:
    kinds = set(pq.read_table(small_outcome.out / "indicators.parquet")["kind"].to_pylist())
    assert "address" in kinds
    assert kinds.isdisjoint({"end_user", "session", "email_length", "signup_day"})


def test_blocks_count_the_accounts_of_the_whole_population(small: Labelled, small_outcome: Outcome) -> None:
    found = pq.read_table(small_outcome.out / "blocks.parquet").to_pylist()
    exchanges = small.world.exchanges.select(["account_id", "client_ip", "client_asn"]).to_pylist()
    blocks: dict[tuple[str, str], set[str]] = {}
    for row in exchanges:
        if row["client_asn"] is not None:
            blocks.setdefault(("asn", str(row["client_asn"])), set()).add(row["account_id"])
        if row["client_ip"] is not None and ":" not in row["client_ip"]:
            block = ".".join(row["client_ip"].split(".")[:2]) + ".0.0/16"
            blocks.setdefault(("block", block), set()).add(row["account_id"])
    four = {(row["kind"], row["value"]): row["accounts"] for row in found if "::" not in row["value"]}
    assert four == {key: len(accounts) for key, accounts in blocks.items()}


def test_a_template_is_in_its_exchanges_and_in_no_stranger_s(
    small: Labelled, small_outcome: Outcome, sketches: dict[str, set[int]]
) -> None:
    templates = pq.read_table(small_outcome.out / "templates.parquet").to_pylist()
    harvested = pq.read_table(small_outcome.out / "harvested.parquet").to_pylist()
    honest = {row["exchange_id"] for row in small.world.truth_exchanges.to_pylist() if row["campaign"] is None}
    assert templates
    for template in templates:
        hashes = set(template["hashes"])
        assert template["hashes"] == sorted(hashes)
        carried = [
            len(hashes & sketches[row["exchange_id"]]) / len(hashes)
            for row in harvested
            if row["template_id"] == template["template_id"]
        ]
        assert len(carried) == template["exchanges"]
        assert np.mean(np.array(carried) >= 0.6) > 0.9
        strangers = [len(hashes & sketches[name]) / len(hashes) for name in honest]
        assert np.mean(np.array(strangers) >= 0.6) == pytest.approx(template["background"], abs=0.002)
