"""What a signal is, how all of them are found, and how a group is put to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hydrometer.contract import FAMILIES, Evidence, InputError, SkippedSignal
from hydrometer.detection.signals.tail_probabilities import bound_bits
from hydrometer.plugins import PluginKind, load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hydrometer.contract import EvidenceKind
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools

MIN_BITS = 0.5
"""Weaker findings are not worth a line."""
LEAST_ESTABLISHED = 2.0
"""Bits from which evidence of operation is established of a group, so that its members may show it."""
NO_EFFECT, WHOLE_EFFECT = 0.4, 0.9
"""Shares of the members that show something from which it counts at all, and in full: with many members everything is significant."""


@dataclass(frozen=True, slots=True)
class SignalFinding:
    """What a test found: its statistic, log10 of its p-value under the null, and one sentence."""

    statistic: float
    log10_p: float
    statement: str
    purity: float = 1.0
    """Of all who show what the members share, the share that are members: a community's mark is no operator's mark."""
    cover: float | None = None
    """Share of the members that show it; None where it is not a thing that single members show."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One statistical test of a group of accounts."""

    name: str
    family: str
    axis: str
    null: str
    """What honest customers satisfy."""
    needs: tuple[str, ...]
    """Columns of which it needs every one."""
    costs: str
    """What cannot be seen without it."""
    cap: float
    """Most bits it may give: how far its null can be trusted."""
    test: Callable[[AccountGroup], SignalFinding | None]
    any_of: tuple[str, ...] = ()
    """Columns of which it needs one."""
    shown: Callable[[AccountGroup], Bools] | None = None
    """Of operation: the accounts of the population that show by themselves what the group does; without it, it convicts nobody."""
    costly: bool = False
    """Whether it goes through all templates of a group."""
    kind: EvidenceKind = "affiliation"
    """Of coordination: `affiliation` is what belonging together explains, `operation` what only one hand explains."""
    cause: str = ""
    """What brings it about; evidence of one cause counts once. Its name where empty."""
    describe_member: Callable[[AccountGroup, int], str] | None = None
    """Of operation: one sentence on what a member that shows it does, with its values."""
    origin: str = ""
    """Distribution and version of the package that it came with; empty for a built-in one."""

    def check_columns(self, columns: frozenset[str]) -> SkippedSignal | None:
        """Return why the signal is off, if it is."""
        missing = [column for column in self.needs if column not in columns]
        if not missing and (not self.any_of or not columns.isdisjoint(self.any_of)):
            return None
        why = f"no {', '.join(missing)}" if missing else f"none of {', '.join(self.any_of)}"
        return SkippedSignal(signal=self.name, why=why, costs=self.costs)

    def gather_evidence(self, group: AccountGroup) -> Evidence | None:
        """Test a group; None when the test does not apply or says nothing."""
        finding = self.test(group)
        if finding is None:
            return None
        bits = bound_bits(finding.log10_p, self.cap * finding.purity * weigh_effect(finding.cover))
        if bits < MIN_BITS:
            return None
        return Evidence(
            family=self.family,
            signal=self.name,
            statement=finding.statement,
            statistic=round(float(finding.statistic), 6),
            null=self.null,
            p_value=10.0 ** float(finding.log10_p),
            log10_p=round(float(finding.log10_p), 4),
            bits=round(float(bits), 3),
            axis=self.axis,
            kind=self.kind if self.axis == "coordination" else "",
            cause=self.cause or self.name,
            cover=round(finding.cover or 0.0, 4),
        )


def weigh_effect(cover: float | None) -> float:
    """Return how much of its bits a finding counts for that so many of the members show."""
    if cover is None:
        return 1.0
    return min(1.0, max(0.0, (cover - NO_EFFECT) / (WHOLE_EFFECT - NO_EFFECT)))


@dataclass(frozen=True, slots=True)
class SignalSet:
    """Some signals, to which groups are put."""

    active: list[Signal]

    @property
    def number(self) -> int:
        """How many they are."""
        return len(self.active)

    @property
    def costly(self) -> list[Signal]:
        """Those that go through all templates of a group."""
        return [signal for signal in self.active if signal.costly]

    def __call__(self, group: AccountGroup, costly: bool) -> list[Evidence]:
        """Return what the costly ones find, or all others."""
        selected = [signal for signal in self.active if signal.costly is costly]
        return [evidence for signal in selected if (evidence := signal.gather_evidence(group)) is not None]

    def mask_showing(self, group: AccountGroup, evidence: Sequence[Evidence]) -> Bools:
        """Return the accounts that show by themselves what any evidence of a group's operation is about."""
        mask = np.zeros(group.population.size, dtype=np.bool_)
        for signal in self._select_established(evidence):
            if signal.shown is not None:
                mask |= signal.shown(group)
        return mask

    def describe_members(self, group: AccountGroup, evidence: Sequence[Evidence]) -> dict[int, list[str]]:
        """Return what each member shows by itself of what any evidence of operation is about, in sentences, by account number."""
        facts: dict[int, list[str]] = {account: [] for account in group.accounts.tolist()}
        for signal in self._select_established(evidence):
            if signal.shown is not None and signal.describe_member is not None:
                for account in group.accounts[signal.shown(group)[group.accounts]].tolist():
                    sentence = signal.describe_member(group, account)
                    if sentence not in facts[account]:
                        facts[account].append(sentence)
        return facts

    def _select_established(self, evidence: Sequence[Evidence]) -> list[Signal]:
        names = {item.signal for item in evidence if item.kind == "operation" and item.bits >= LEAST_ESTABLISHED}
        return [signal for signal in self.active if signal.name in names]


class SignalModule(Protocol):
    """What a module of a signal has."""

    SIGNAL: Signal


SIGNAL_PLUGINS: PluginKind[SignalModule] = PluginKind(
    noun="signal",
    group="hydrometer.signals",
    package="hydrometer.detection.signals",
    members={"SIGNAL": Signal},
    name_of=lambda module: module.SIGNAL.name,
    marker="SIGNAL",
)
AXES = ("coordination", "harvest")


def find_signals() -> list[Signal]:
    """Return every signal: the built-in ones by family and name, then those of other packages likewise.

    Raises:
        InputError: a plug-in cannot be imported, has no signal, or has one of an unknown family or axis.
    """
    signals = [replace(plugin.module.SIGNAL, origin=plugin.origin) for plugin in load_plugins(SIGNAL_PLUGINS)]
    for signal in signals:
        if signal.family not in FAMILIES or signal.axis not in AXES:
            raise InputError(
                f"the signal {signal.name} of {signal.origin} is of the family {signal.family} and the axis {signal.axis}",
                mend=f"A family is one of {', '.join(FAMILIES)}, an axis one of {', '.join(AXES)}.",
            )
    return sorted(signals, key=lambda signal: (signal.origin != "", signal.family, signal.name))
