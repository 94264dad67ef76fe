"""One card, or one batch of cards, behind unrelated organisations.

Term-frequency weighting of a shared value (Fellegi & Sunter 1969; Splink's term-frequency adjustment): a payment
instrument or a bank identification number (ISO/IEC 7812) weighs by how rare it is among all other organisations.

Honest who show it: an employer's virtual cards, a hackathon's vouchers, customers of a key reseller, one small bank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind
from hydrometer.detection.signals.shared_values import find_strongest_value
from hydrometer.detection.signals.signal import Signal, SignalFinding

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup


def test(group: AccountGroup) -> SignalFinding | None:
    """The most surprising payment instrument or BIN that at least a third of the group shows."""
    return find_strongest_value(group, (EntityKind.PAYMENT, EntityKind.BIN), cover=1 / 3)


SIGNAL = Signal(
    name="cards",
    family="identity",
    axis="coordination",
    null="an organisation's card comes from a batch as often as everybody else's cards do",
    needs=(),
    any_of=("accounts.payment_bin", "accounts.payment_fingerprint"),
    costs="batches of virtual or stolen cards",
    cap=12.0,
    cause="one payer",
    test=test,
)
