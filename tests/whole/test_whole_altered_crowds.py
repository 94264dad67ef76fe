"""Honest crowds made to look like a hydra's: one domain, one card issuer, one address, a machine for each account. Nobody is accused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from msgspec.structs import replace

from fixtures.detected_worlds import Labelled, detected, labelled, written
from hydrometer.lab.simulate import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    Mask = npt.NDArray[np.bool_]
    Tables = tuple[pa.Table, pa.Table]
    """Accounts, and what they sent."""


@pytest.fixture(scope="module")
def crowds(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    """Courses whose exercises ask for the reasoning, consultancies with a prompt pack, graders, and others."""
    usual = dict.fromkeys(SCENARIOS["cohorts"].shares, 0.02)
    shares = {**usual, "course": 0.3, "consultancy": 0.08, "judges": 0.04}
    return labelled(
        replace(SCENARIOS["cohorts"], honest=900, shares=shares), 5, tmp_path_factory.mktemp("crowds") / "world"
    )


def _set_column(table: pa.Table, name: str, where: Mask, value: str) -> pa.Table:
    column = pc.if_else(pa.array(where), pa.scalar(value, pa.string()), table[name].cast(pa.string()))
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), [column.combine_chunks()])


def _mask_kind(world: Labelled, table: pa.Table, kind: str) -> Mask:
    return np.asarray(pc.is_in(table["account_id"], pa.array(world.of_kind(kind))))


def _share_attributes(world: Labelled, kind: str, values: dict[str, str]) -> pa.Table:
    accounts = world.world.accounts
    for name, value in values.items():
        accounts = _set_column(accounts, name, _mask_kind(world, accounts, kind), value)
    return accounts


def _send_at_random(world: Labelled, kind: str) -> pa.Table:
    """Return the exchanges, those of a kind at random times between the account's first and last: a machine sends them."""
    exchanges, rng = world.world.exchanges, np.random.default_rng(1)
    field = exchanges.schema.field("started_at")
    times = np.asarray(exchanges["started_at"].cast(pa.int64())).copy()
    ids = np.asarray(exchanges["account_id"].cast(pa.string()).to_pylist(), dtype=object)
    for account in world.of_kind(kind):
        rows = np.nonzero(ids == account)[0]
        if rows.size:
            times[rows] = rng.integers(times[rows].min(), times[rows].max() + 1, rows.size)
    return exchanges.set_column(exchanges.schema.get_field_index("started_at"), field, pa.array(times).cast(field.type))


SCHOOL = {"email_domain": "uni-altered.edu", "signup_ip": "198.51.100.7"}
FIRM = {"payment_bin": "499911", "signup_ip": "198.51.100.7"}


def _one_school(world: Labelled) -> Tables:
    return _share_attributes(world, "course", SCHOOL), world.world.exchanges


def _one_firms_cards(world: Labelled) -> Tables:
    return _share_attributes(world, "course", FIRM), world.world.exchanges


def _automated_course(world: Labelled) -> Tables:
    return world.world.accounts, _send_at_random(world, "course")


def _automated_course_of_a_school(world: Labelled) -> Tables:
    return _share_attributes(world, "course", SCHOOL), _send_at_random(world, "course")


def _automated_course_of_a_firm(world: Labelled) -> Tables:
    return _share_attributes(world, "course", FIRM), _send_at_random(world, "course")


def _graders_behind_one_address(world: Labelled) -> Tables:
    exchanges = _send_at_random(world, "judges")
    return world.world.accounts, _set_column(
        exchanges, "client_ip", _mask_kind(world, exchanges, "judges"), "203.0.113.9"
    )


def _consultants_who_send_nothing_but_their_pack(world: Labelled) -> Tables:
    exchanges = world.world.exchanges
    repeated = pc.value_counts(pc.utf8_slice_codeunits(exchanges["prompt"], 0, 40))
    openings = repeated.filter(pc.greater_equal(repeated.field("counts"), 20)).field("values")
    from_pack = pc.is_in(pc.utf8_slice_codeunits(exchanges["prompt"], 0, 40), openings)
    others = pa.array(~_mask_kind(world, exchanges, "consultancy"))
    return world.world.accounts, exchanges.filter(pc.or_(others, pc.fill_null(from_pack, False)))


@pytest.mark.parametrize(
    "alter",
    [
        _one_school,
        _one_firms_cards,
        _automated_course,
        _automated_course_of_a_school,
        _automated_course_of_a_firm,
        _graders_behind_one_address,
        _consultants_who_send_nothing_but_their_pack,
    ],
)
def test_an_honest_crowd_that_looks_operated_is_not_accused(
    alter: Callable[[Labelled], Tables], crowds: Labelled, site_key: Path, tmp_path: Path
) -> None:
    accounts, exchanges = alter(crowds)
    assert not accounts.equals(crowds.world.accounts) or not exchanges.equals(crowds.world.exchanges)
    outcome = detected(written(tmp_path / "world", exchanges, accounts), tmp_path / "result", site_key)
    assert outcome.campaigns == []
    assert outcome.members == set()
