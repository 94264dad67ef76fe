"""The relational core in Polars, in a process of its own: `python -m speed.polars_core WORLD`.

The same work as `speed.relational`, and the same digest. Lazy queries on the streaming engine over Parquet, with what
helps Polars where a person who knows it would do so: what no exchange needs is left out, distinct addresses are cut into
networks once, shingles that occur less than three times are left out before organisations are counted, and ids are
looked at for repeats before anything is sorted out. Tables lie in memory, where the others spill. Rows are not checked.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path
from typing import Any

import orjson

from hydrometer.contract.settings import Settings
from hydrometer.detection.run_recorder import read_peak_memory_mb
from speed.relational import COUNTED, ENTITY_PIECE, FACT_PIECE, SHARES, WORDING_PIECE, Digest, Figures

LEAST_ORGS, LEAST_PROMPTS = 2, 3
"""Organisations and prompts from which a shingle is boilerplate; fewer exchanges than prompts cannot be."""
RARE_SHARE, MANY_ORGS = 0.02, 50
"""As in the step `account_facts`."""
PAUSE = 600_000_000
"""µs within which an exchange follows the one before."""
GLOBAL = 20
"""Characters from which an id is nobody's own numbering."""


class Core:
    """The frames of one world. `pl` is Polars: imported late, as it is a peer and may be missing."""

    def __init__(self, pl: Any, world: Path) -> None:
        self.pl, self.world = pl, world
        self.threshold = Settings().fingerprint.elicitation_threshold
        self.digest: Digest = {}

    def exchanges(self) -> None:
        """Accounts numbered by id, exchanges numbered by account and time."""
        pl = self.pl
        traffic = pl.scan_parquet(str(self.world / "exchanges*.parquet"))
        rows, ids = traffic.select(pl.len(), ids=pl.col("exchange_id").n_unique()).collect(engine="streaming").row(0)
        if rows != ids:
            raise SystemExit("the world repeats exchange ids: the comparison takes worlds that do not")
        seen = traffic.select(pl.col("account_id").unique()).collect(engine="streaming")
        self.accounts = (
            seen.join(pl.read_parquet(self.world / "accounts.parquet"), on="account_id", how="left")
            .sort("account_id")
            .with_row_index("account_no")
            .with_columns(org_no=pl.coalesce("o:" + pl.col("org_id"), "a:" + pl.col("account_id")).rank("dense") - 1)
        )
        addresses = traffic.select(pl.col("client_ip").drop_nulls().unique()).collect(engine="streaming")
        addresses = addresses.with_columns(network=self.network("client_ip"))
        demanded = (pl.col("elicitation") != "none") & (pl.col("elicitation_confidence") >= self.threshold)
        self.exchange = (
            traffic.select(
                "exchange_id", "account_id", "started_at", "turns", "output_tokens", "input_tokens", "reasoning_tokens",
                "client_ip", "client_asn", "user_agent", "ja4", "end_user_id", "session_id", "tool_names", "language", "model",
                "prompt_hash", "sketch", "elicitation", "capability", "elicitation_confidence",
                refused=(pl.col("stop_reason") == "refusal").fill_null(value=False), demand=demanded,
            )
            .join(self.accounts.lazy().select("account_id", "account_no", "org_no"), on="account_id")
            .join(addresses.lazy(), on="client_ip", how="left")
            .drop("account_id")
            .sort("account_no", "started_at", "exchange_id")
            .with_row_index("exchange_no")
            .collect(engine="streaming")
        )  # fmt: skip
        self.digest |= {"accounts": self.accounts.height, "organisations": self.accounts["org_no"].n_unique()}

    def network(self, column: str) -> Any:
        """/24 of a v4 address, /48 of a v6 one, as the step `exchange` spells them."""
        pl = self.pl
        before = pl.col(column).str.split("::").list.first()
        groups = pl.when(before == "").then(pl.lit("0")).otherwise(before) + ":0:0:0"
        six = groups.str.split(":").list.head(3).list.join(":") + "::/48"
        four = pl.col(column).str.extract(r"^(\d+\.\d+\.\d+)\.", 1) + ".0/24"
        return pl.when(pl.col(column).str.contains(":", literal=True)).then(six).otherwise(four)

    def facts(self) -> None:
        """One row of numbers an account."""
        pl = self.pl
        exchange, time_ = self.exchange.lazy(), pl.col("started_at").dt.epoch("us")
        both = exchange.filter(pl.col("user_agent").is_not_null() & pl.col("ja4").is_not_null())
        client = both.group_by("user_agent", "ja4").agg(orgs=pl.col("org_no").n_unique())
        client = client.with_columns(agent_orgs=pl.col("orgs").sum().over("user_agent"))
        odd = (pl.col("orgs") / pl.col("agent_orgs") < RARE_SHARE) & (pl.col("agent_orgs") >= MANY_ORGS)
        joined = exchange.join(client.with_columns(odd=odd.cast(pl.Float64)), on=["user_agent", "ja4"], how="left")
        turns = pl.col("turns")
        single = pl.when(turns == 1).then(1.0).when(turns > 1).then(0.0)
        distinct = {
            "addresses": "client_ip", "networks": "network", "user_agents": "user_agent", "end_users": "end_user_id",
            "languages": "language", "prompts": "prompt_hash", "sessions": "session_id",
        }  # fmt: skip
        facts = joined.group_by("account_no").agg(
            exchanges=pl.len(),
            first_seen=time_.min(),
            last_seen=time_.max(),
            active_days=pl.col("started_at").dt.truncate("1d").n_unique(),
            active_hours=pl.col("started_at").dt.truncate("1h").n_unique(),
            hours_of_day=pl.col("started_at").dt.hour().n_unique(),
            single_turn=single.mean(),
            output_tokens=pl.col("output_tokens").mean(),
            input_tokens=pl.col("input_tokens").mean(),
            reasoning_tokens=pl.col("reasoning_tokens").mean(),
            refused=pl.col("refused").mean(),
            demand=pl.col("demand").mean(),
            with_address=pl.col("client_ip").count(),
            contradictions=pl.col("odd").mean(),
            **{name: pl.col(column).drop_nulls().n_unique() for name, column in distinct.items()},
        )
        self.account_facts = facts.collect(engine="streaming")
        pause = time_ - time_.shift(1)
        follows = (pause <= PAUSE) & (pl.col("account_no") == pl.col("account_no").shift(1))
        successions = exchange.filter(follows).group_by("account_no").len().collect(engine="streaming")
        sums = self.account_facts.select(pl.col(*COUNTED, *SHARES).cast(pl.Float64).sum()).row(0, named=True)
        self.digest |= sums | {"successions": successions["len"].sum()}

    def entities(self) -> None:
        """Which account shows which value of each kind how often, and how many organisations show it."""
        pl = self.pl
        lower = pl.col("email_local").str.to_lowercase()
        tools = pl.col("tool_names").list.sort().list.join(" ")
        own = {
            "payment": pl.col("payment_fingerprint"),
            "bin": pl.col("payment_bin"),
            "device": pl.col("device_id"),
            "phone": pl.col("phone_hash"),
            "email_domain": pl.col("email_domain").str.to_lowercase(),
            "email_shape": lower.str.replace_all(r"\p{L}+", "a").str.replace_all("[0-9]", "9"),
            "email_length": lower.str.replace_all(r"\p{L}", "a").str.replace_all("[0-9]", "9"),
            "signup_day": pl.col("created_at").dt.date().cast(pl.String),
            "signup_network": self.network("signup_ip"),
        }
        seen = {
            "address": pl.col("client_ip"),
            "network": pl.col("network"),
            "asn": pl.col("client_asn").cast(pl.String),
            "ja4": pl.col("ja4"),
            "user_agent": pl.col("user_agent"),
            "end_user": pl.when(pl.col("end_user_id").str.len_chars() >= GLOBAL).then("end_user_id"),
            "session": pl.when(pl.col("session_id").str.len_chars() >= GLOBAL).then("session_id"),
            "tools": tools,
        }
        for frame, kinds in ((self.accounts, own), (self.exchange, seen)):
            for kind, value in kinds.items():
                known = frame.lazy().select("account_no", "org_no", value=value)
                known = known.filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
                pairs = (
                    known.group_by("account_no", "org_no", "value")
                    .agg(uses=pl.len())
                    .with_columns(value_no=pl.col("value").rank("dense") - 1)
                    .collect(engine="streaming")
                )
                degrees = pairs.lazy().group_by("value_no").agg(orgs=pl.col("org_no").n_unique())
                orgs = degrees.collect(engine="streaming")["orgs"]
                self.digest |= {f"{kind} pairs": pairs.height, f"{kind} values": orgs.len()}
                self.digest |= {f"{kind} uses": pairs["uses"].sum(), f"{kind} degrees": orgs.sum()}

    def wordings(self) -> None:
        """Fragments, the exchanges that carry them, and the accounts."""
        pl = self.pl
        carried = self.exchange.lazy().select(
            "exchange_no", "org_no", "prompt_hash", shingle=pl.col("sketch").list.unique()
        )
        shingle = carried.explode("shingle").drop_nulls("shingle")
        often = shingle.group_by("shingle").len().filter(pl.col("len") >= LEAST_PROMPTS).select("shingle")
        kept = shingle.join(often, on="shingle", how="semi").collect(engine="streaming")
        shared = (
            kept.lazy()
            .group_by("shingle")
            .agg(
                exchanges=pl.len(),
                orgs=pl.col("org_no").n_unique(),
                prompts=pl.col("prompt_hash").drop_nulls().n_unique(),
                exchange_set=pl.col("exchange_no").hash().bitwise_xor(),
            )
            .filter((pl.col("orgs") >= LEAST_ORGS) & (pl.col("prompts") >= LEAST_PROMPTS))
        )
        fragment = (
            shared.group_by("exchange_set", "exchanges")
            .agg(pl.col("shingle").min(), pl.col("orgs").max(), pl.col("prompts").max(), shingles=pl.len())
            .sort("shingle")
            .with_row_index("fragment_no")
            .collect(engine="streaming")
        )
        pairs = (
            kept.lazy()
            .join(fragment.lazy().select("shingle", "fragment_no"), on="shingle")
            .select("exchange_no", "fragment_no")
            .collect(engine="streaming")
        )
        owned = (
            pairs.lazy()
            .join(self.exchange.lazy().select("exchange_no", "account_no"), on="exchange_no")
            .group_by("account_no", "fragment_no")
            .agg(uses=pl.len())
            .collect(engine="streaming")
        )
        self.digest |= {
            "fragments": fragment.height,
            "fragment organisations": fragment["orgs"].sum(),
            "fragment prompts": fragment["prompts"].sum(),
            "fragment exchanges": fragment["exchanges"].sum(),
            "carried": pairs.height,
            "owned": owned.height,
        }


def main() -> None:
    """Measure and print the figures."""
    core, parts = Core(importlib.import_module("polars"), Path(sys.argv[1])), {}
    begun, spent = time.perf_counter(), time.process_time()
    pieces = {"exchanges in order": core.exchanges, FACT_PIECE: core.facts}
    for name, piece in (pieces | {ENTITY_PIECE: core.entities, WORDING_PIECE: core.wordings}).items():
        before = time.process_time()
        piece()
        parts[name] = time.process_time() - before
    wall, cpu = time.perf_counter() - begun, time.process_time() - spent
    digest = {name: float(value) for name, value in core.digest.items()}
    figures: Figures = {
        "wall_s": wall,
        "cpu_s": cpu,
        "parts": parts,
        "digest": digest,
        "peak_mb": read_peak_memory_mb(),
    }
    print(orjson.dumps(figures).decode())


if __name__ == "__main__":
    main()
