"""A labelled world in memory, of a scenario and a seed: for tests and for scripts that look at it at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import EXCHANGES
from hydrometer.lab.simulate.cohort_builder import MODELS
from hydrometer.lab.simulate.scenario import check_scenario
from hydrometer.lab.simulate.shards import count_shards, make_shard
from hydrometer.lab.simulate.text_rendering import render_texts
from hydrometer.lab.simulate.world_context import WorldContext
from hydrometer.lab.simulate.world_tables import (
    TRUTH_EXCHANGES,
    build_account_tables,
    build_exchange_table,
    build_truth_table,
    draw_exchange_ids,
)

if TYPE_CHECKING:
    from hydrometer.lab.simulate.scenario import Scenario


@dataclass(frozen=True, slots=True)
class LabelledWorld:
    """A simulated world with its truth; operator `''` is an honest account, a null campaign an innocent exchange."""

    exchanges: pa.Table
    accounts: pa.Table
    truth_accounts: pa.Table
    truth_exchanges: pa.Table
    releases: list[dict[str, str]]
    """The contents of models.json."""
    tasks: pa.Array
    """The task inside each exchange's prompt, row by row as in `exchanges`."""


@dataclass(frozen=True, slots=True)
class ShardTables:
    """A shard of a world as tables: `tasks` are the tasks inside the prompts, where there are texts."""

    exchanges: pa.Table
    accounts: pa.Table
    truth_accounts: pa.Table
    truth_exchanges: pa.Table
    tasks: pa.Array | None = None


def render_shard(context: WorldContext, shard: int, shards: int) -> ShardTables:
    """Make a shard and write out its texts."""
    made = make_shard(context, shard, shards)
    columns = made.exchanges
    texts = render_texts(context.catalogue, columns["system"], columns["template"], columns["task"])
    names = draw_exchange_ids(np.random.default_rng([context.seed, 6, shard]), len(columns["account"]))
    shown = {"exchange_id": names, "system_prompt": texts.system_prompt, "prompt": texts.prompt}
    return ShardTables(
        build_exchange_table(made, shown, texts.characters, EXCHANGES),
        *build_account_tables(made),
        build_truth_table(made, names),
        texts.task,
    )


def make_world(scenario: Scenario, seed: int) -> LabelledWorld:
    """Return the world of a scenario and a seed, with texts; the same two give the same tables.

    Exchanges come in order of time, accounts in order of their ids.

    Raises:
        InputError: the scenario cannot be made (a setting out of its range, an unknown archetype, shares above 1).
    """
    check_scenario(scenario)
    context = WorldContext(scenario, seed)
    shards = count_shards(scenario)
    made = [render_shard(context, shard, shards) for shard in range(shards)]
    exchanges = pa.concat_tables([m.exchanges.cast(EXCHANGES.schema) for m in made]).combine_chunks()
    truth = pa.concat_tables([m.truth_exchanges.cast(TRUTH_EXCHANGES) for m in made]).combine_chunks()
    tasks = pa.concat_arrays([m.tasks for m in made])
    if shards > 1:
        order = pa.array(np.argsort(exchanges["started_at"].cast(pa.int64()).to_numpy(), kind="stable"))
        exchanges, truth, tasks = exchanges.take(order), truth.take(order), tasks.take(order)
    accounts, of_accounts = sort_accounts([m.accounts for m in made], [m.truth_accounts for m in made])
    return LabelledWorld(exchanges, accounts, of_accounts, truth, list_releases(scenario), tasks)


def sort_accounts(accounts: list[pa.Table], truth: list[pa.Table]) -> tuple[pa.Table, pa.Table]:
    """Return the accounts of all shards and the truth about them, in order of their ids."""
    one, other = pa.concat_tables(accounts).combine_chunks(), pa.concat_tables(truth).combine_chunks()
    order = pc.sort_indices(one["account_id"])
    return one.take(order), other.take(order)


def list_releases(scenario: Scenario) -> list[dict[str, str]]:
    """Return the model releases of a scenario, oldest first."""
    day = scenario.release_day if scenario.release_day is not None else -30.0
    dates = (
        scenario.start - timedelta(days=240),
        scenario.start - timedelta(days=200),
        scenario.start + timedelta(days=day),
    )
    return [{"model": m, "released_at": _format_timestamp(d)} for m, d in zip(MODELS, dates, strict=True)]


def _format_timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
