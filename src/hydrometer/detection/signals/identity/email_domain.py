"""One e-mail domain behind accounts that call themselves unrelated.

Null: organisations have a domain as often as its use by everybody else makes likely (after Saracco et al. 2017; `shared_values`).
A firm, a school and an association give their people addresses at a domain of their own; so may an operator. It ties the accounts, and
speaks of an institution as much as of one hand: where it is strong, equal loads and a single purpose count nothing
(`group_scoring.INSTITUTION`), because staff and classes have both.

Honest who show it: employers, schools, associations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind
from hydrometer.detection.signals.shared_values import find_strongest_value
from hydrometer.detection.signals.signal import Signal, SignalFinding

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup


def test(group: AccountGroup) -> SignalFinding | None:
    """The most surprising domain that at least half of the group shows."""
    return find_strongest_value(group, (EntityKind.EMAIL_DOMAIN,), cover=0.5)


SIGNAL = Signal(
    name="email_domain",
    family="identity",
    axis="coordination",
    null="an organisation's e-mail is at a domain as often as everybody else's",
    needs=("accounts.email_domain",),
    costs="accounts at one domain of their own",
    cap=8.0,
    cause="one institution",
    test=test,
)
