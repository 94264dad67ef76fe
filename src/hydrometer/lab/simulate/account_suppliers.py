"""Who makes an operator's accounts and rents out its exits: the operator itself, or a supplier that several share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.lab.simulate.scenario import OperatorSpec, Scenario


@dataclass(frozen=True, slots=True)
class AccountSupplier:
    """A maker of accounts: what they are like, and for whom they are made."""

    name: str
    """What its shared draws are called after."""
    spec: OperatorSpec
    """Whose settings say what the accounts and exits are like: of its customers the first that the scenario names."""
    accounts: int
    """Accounts of all its customers."""
    ready_day: float
    """The day, from the first midnight, on which the first of its customers begins."""
    shared: bool
    """Whether it is a supplier that operators name, and not the operator itself."""


def find_supplier(scenario: Scenario, spec: OperatorSpec) -> AccountSupplier:
    """Return who makes the accounts of an operator of the scenario."""
    customers = [other for other in scenario.operators if spec.supplier and other.supplier == spec.supplier] or [spec]
    return AccountSupplier(
        name=f"supplier {spec.supplier}" if spec.supplier else spec.name,
        spec=customers[0],
        accounts=sum(other.accounts for other in customers),
        ready_day=min(other.start_day - other.search_days for other in customers),
        shared=bool(spec.supplier),
    )
