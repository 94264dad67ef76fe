"""One device, telephone, end user or conversation behind unrelated organisations.

After the account-linking of BotGraph (NSDI 2009) and LinkedIn's sign-up clusters (AISec 2015), with a degree-aware null.

Honest who show it: agencies, libraries, households, test farms of one firm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind
from hydrometer.detection.signals.shared_values import measure_collisions
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup


def test(group: AccountGroup) -> SignalFinding | None:
    """Meetings at devices, telephones, end users or conversations; the strongest kind counts."""
    kinds = [
        group.population.entities[k]
        for k in (EntityKind.DEVICE, EntityKind.PHONE, EntityKind.END_USER, EntityKind.SESSION)
        if k in group.population.entities
    ]
    findings = [finding for kind in kinds if (finding := measure_collisions(group, kind)) is not None]
    if not findings:
        return None
    best = min(findings, key=lambda finding: finding.log10_p * finding.purity)
    return replace(best, log10_p=correct_for_tries(best.log10_p, len(kinds)))


SIGNAL = Signal(
    name="devices",
    family="identity",
    axis="coordination",
    null="unrelated organisations meet at a device, telephone or end user only by chance",
    needs=(),
    any_of=("accounts.device_id", "accounts.phone_hash", "exchanges.end_user_id", "exchanges.session_id"),
    costs="accounts made or used from one machine",
    cap=10.0,
    cause="one maker of accounts",
    test=test,
)
