"""One device, telephone, end user or conversation behind unrelated organisations.

After the account-linking of BotGraph (NSDI 2009) and LinkedIn's sign-up clusters (AISec 2015), with a degree-aware null.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hydrometer.signals.sharing import collisions
from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import any_of

if TYPE_CHECKING:
    from hydrometer.contract.group import Group


def test(group: Group) -> Finding | None:
    """Meetings at devices, telephones, end users or conversations; the strongest kind counts."""
    kinds = [
        group.population.entities[k]
        for k in ("device", "phone", "end_user", "session")
        if k in group.population.entities
    ]
    findings = [finding for kind in kinds if (finding := collisions(group, kind)) is not None]
    if not findings:
        return None
    best = min(findings, key=lambda finding: finding.log10_p * finding.purity)
    return replace(best, log10_p=any_of(best.log10_p, len(kinds)))


SIGNAL = Signal(
    name="devices",
    family="identity",
    axis="coordination",
    null="unrelated organisations meet at a device, telephone or end user only by chance",
    needs=(),
    any_of=("accounts.device_id", "accounts.phone_hash", "exchanges.end_user_id", "exchanges.session_id"),
    costs="accounts made or used from one machine",
    cap=10.0,
    test=test,
)
