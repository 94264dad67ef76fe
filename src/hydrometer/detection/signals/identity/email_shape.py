"""Machine-made e-mail names: one shape behind unrelated organisations.

The shape replaces letters by `a` and digits by `9`, as pattern frequency within and rarity without a cluster is used in
LinkedIn's fake-account clusters (AISec 2015).

Honest who show it: schools, and employers who number their accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind
from hydrometer.detection.signals.shared_values import find_strongest_value
from hydrometer.detection.signals.signal import Signal, SignalFinding

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup

LEVELS = (EntityKind.EMAIL_SHAPE, EntityKind.EMAIL_LENGTH)


def test(group: AccountGroup) -> SignalFinding | None:
    """The most surprising shape that at least half of the group shows."""
    return find_strongest_value(group, LEVELS, cover=0.5)


SIGNAL = Signal(
    name="email_shape",
    family="identity",
    axis="coordination",
    null="an organisation's e-mail name has a shape as often as everybody else's",
    needs=("accounts.email_local",),
    costs="e-mail addresses made by a machine",
    cap=8.0,
    cause="one maker of accounts",
    test=test,
)
