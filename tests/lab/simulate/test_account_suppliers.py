"""Suppliers: operators that buy from the same one share what it makes, and nothing of their work."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hydrometer.lab.simulate import LabelledWorld, OperatorSpec, Scenario, make_world
from hydrometer.lab.simulate.account_suppliers import find_supplier

BUYER = OperatorSpec(
    name="one", accounts=40, supplier="foundry", card="bin", bins=2, email="digits", signup_days=5, rate=6, wordings=4
)
OTHER = OperatorSpec(name="two", accounts=24, supplier="foundry", start_day=4, rate=8, wordings=4, email="ordinary")
LONER = OperatorSpec(name="three", accounts=24, card="bin", bins=2, email="digits", rate=6, wordings=4)
SCENARIO = Scenario(honest=80, operators=(BUYER, OTHER, LONER), outage_day=None)


@pytest.fixture(scope="module")
def world() -> LabelledWorld:
    return make_world(SCENARIO, 4)


def accounts_of(world: LabelledWorld, name: str) -> pa.Table:
    return world.accounts.filter(pc.equal(world.truth_accounts["operator"], name))


def values(world: LabelledWorld, name: str, column: str) -> set[str]:
    return set(accounts_of(world, name)[column].to_pylist())


def test_the_first_customer_says_what_accounts_are_like() -> None:
    supplier = find_supplier(SCENARIO, OTHER)
    assert supplier == find_supplier(SCENARIO, BUYER)
    assert (supplier.spec, supplier.accounts, supplier.ready_day) == (BUYER, 64, 1.0)
    assert (find_supplier(SCENARIO, LONER).spec, find_supplier(SCENARIO, LONER).accounts) == (LONER, 24)


def test_customers_share_issuers_shapes_days_and_networks(world: LabelledWorld) -> None:
    assert values(world, "one", "payment_bin") == values(world, "two", "payment_bin")
    assert not values(world, "one", "payment_bin") & values(world, "three", "payment_bin")
    for name in ("one", "two"):
        assert all(local[-3:].isdigit() and local[:-3].isalpha() for local in values(world, name, "email_local"))

    def networks(name: str) -> set[str]:
        return {ip.rsplit(".", 1)[0] for ip in values(world, name, "signup_ip")}

    def days(name: str) -> set[object]:
        return {made.date() for made in values(world, name, "created_at")}  # type: ignore[attr-defined]

    assert len(networks("one") & networks("two")) >= 3
    assert not networks("one") & networks("three")
    assert days("two") <= days("one") | days("two")
    assert len(days("one") & days("two")) >= 2


def test_customers_share_exits_and_not_their_lists_or_wordings(world: LabelledWorld) -> None:
    sent = world.exchanges.append_column("slot", world.tasks)

    def of(name: str, column: str) -> set[str]:
        rows = sent.filter(pc.equal(world.truth_exchanges["campaign"], name))
        if column == "wording":
            pairs = zip(rows["prompt"].to_pylist(), rows["slot"].to_pylist(), strict=True)
            return {prompt.replace(slot, "<>") for prompt, slot in pairs}
        return set(rows[column].to_pylist())

    of_supplier, of_anybody = (len(of("one", "client_ip") & of(name, "client_ip")) for name in ("two", "three"))
    assert of_supplier > 4 * of_anybody
    assert not of("one", "wording") & of("two", "wording")
    assert len(of("one", "slot") & of("two", "slot")) < 0.01 * len(of("two", "slot"))
