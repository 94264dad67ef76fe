"""A labelled world in memory, of a scenario and a seed: for tests and for scripts that look at it at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract.exchanges import EXCHANGES
from hydrometer.simulate.commons import Commons
from hydrometer.simulate.draft import MODELS
from hydrometer.simulate.parts import count_parts, make_part
from hydrometer.simulate.scenario import check
from hydrometer.simulate.tables import TRUTH_EXCHANGES, account_tables, exchange_ids, exchange_table, truth_table
from hydrometer.simulate.writing import write_texts

if TYPE_CHECKING:
    from hydrometer.simulate.scenario import Scenario


@dataclass(frozen=True, slots=True)
class World:
    """A simulated world with its truth; operator `''` is an honest account, a null campaign an innocent exchange."""

    exchanges: pa.Table
    accounts: pa.Table
    truth_accounts: pa.Table
    truth_exchanges: pa.Table
    releases: list[dict[str, str]]
    """The contents of models.json."""
    slots: pa.Array
    """The task inside each exchange's prompt, row by row as in `exchanges`."""


@dataclass(frozen=True, slots=True)
class PartTables:
    """A part of a world as tables: `tasks` are the tasks inside the prompts, where there are texts."""

    exchanges: pa.Table
    accounts: pa.Table
    truth_accounts: pa.Table
    truth_exchanges: pa.Table
    tasks: pa.Array | None = None


def written_part(commons: Commons, part: int, parts: int) -> PartTables:
    """Make a part and write out its texts."""
    made = make_part(commons, part, parts)
    columns = made.exchanges
    texts = write_texts(commons.repertoire, columns["system"], columns["wording"], columns["task"])
    names = exchange_ids(np.random.default_rng([commons.seed, 6, part]), len(columns["account"]))
    shown = {"exchange_id": names, "system_prompt": texts.system_prompt, "prompt": texts.prompt}
    return PartTables(
        exchange_table(commons, made, shown, texts.characters, EXCHANGES),
        *account_tables(made),
        truth_table(commons, made, names),
        texts.task,
    )


def make_world(scenario: Scenario, seed: int) -> World:
    """Return the world of a scenario and a seed, with texts; the same two give the same tables.

    Exchanges come in order of time, accounts in order of their ids.

    Raises:
        InputError: the scenario cannot be made (a setting out of its range, an unknown archetype, shares above 1).
    """
    check(scenario)
    commons = Commons(scenario, seed)
    parts = count_parts(scenario)
    made = [written_part(commons, part, parts) for part in range(parts)]
    exchanges = pa.concat_tables([m.exchanges.cast(EXCHANGES.schema) for m in made]).combine_chunks()
    truth = pa.concat_tables([m.truth_exchanges.cast(TRUTH_EXCHANGES) for m in made]).combine_chunks()
    tasks = pa.concat_arrays([m.tasks for m in made])
    if parts > 1:
        order = pa.array(np.argsort(exchanges["started_at"].cast(pa.int64()).to_numpy(), kind="stable"))
        exchanges, truth, tasks = exchanges.take(order), truth.take(order), tasks.take(order)
    accounts, of_accounts = sorted_accounts([m.accounts for m in made], [m.truth_accounts for m in made])
    return World(exchanges, accounts, of_accounts, truth, releases(scenario), tasks)


def sorted_accounts(accounts: list[pa.Table], truth: list[pa.Table]) -> tuple[pa.Table, pa.Table]:
    """Return the accounts of all parts and the truth about them, in order of their ids."""
    one, other = pa.concat_tables(accounts).combine_chunks(), pa.concat_tables(truth).combine_chunks()
    order = pc.sort_indices(one["account_id"])
    return one.take(order), other.take(order)


def releases(scenario: Scenario) -> list[dict[str, str]]:
    """Return the model releases of a scenario, oldest first."""
    day = scenario.release_day if scenario.release_day is not None else -30.0
    dates = (
        scenario.start - timedelta(days=240),
        scenario.start - timedelta(days=200),
        scenario.start + timedelta(days=day),
    )
    return [{"model": m, "released_at": _iso(d)} for m, d in zip(MODELS, dates, strict=True)]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
