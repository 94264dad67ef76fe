"""What a signal is, how all of them are found, and how a group is put to them."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.contract import Evidence, SkippedSignal
from hydrometer.detection.signals.tail_probabilities import bound_bits

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from hydrometer.detection.population.account_group import AccountGroup

MIN_BITS = 0.5
"""Weaker findings are not worth a line."""


@dataclass(frozen=True, slots=True)
class SignalFinding:
    """What a test found: its statistic, log10 of its p-value under the null, and one sentence."""

    statistic: float
    log10_p: float
    statement: str
    purity: float = 1.0
    """Of all who show what the members share, the share that are members: a community's mark is no operator's mark."""


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
    costly: bool = False
    """Whether it goes through all templates of a group."""

    def check_columns(self, columns: frozenset[str]) -> SkippedSignal | None:
        """Why the signal is off, if it is."""
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
        bits = bound_bits(finding.log10_p, self.cap * finding.purity)
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
        )


@dataclass(frozen=True, slots=True)
class SignalSet:
    """Some signals, to which groups are put."""

    active: list[Signal]

    @property
    def number(self) -> int:
        """How many they are."""
        return len(self.active)

    @property
    def costly(self) -> list[tuple[str, str, float]]:
        """Family, axis and most bits of those that go through all templates of a group."""
        return [(signal.family, signal.axis, signal.cap) for signal in self.active if signal.costly]

    def __call__(self, group: AccountGroup, costly: bool) -> list[Evidence]:
        """Return what the costly ones find, or all others."""
        selected = [signal for signal in self.active if signal.costly is costly]
        return [evidence for signal in selected if (evidence := signal.gather_evidence(group)) is not None]


def find_signals() -> list[Signal]:
    """Every `SIGNAL` of the packages in this folder, by family and name."""
    signals = [module.SIGNAL for module in _import_modules() if hasattr(module, "SIGNAL")]
    return sorted(signals, key=lambda signal: (signal.family, signal.name))


def _import_modules() -> list[ModuleType]:
    room = importlib.import_module(__package__)
    names = sorted(info.name for info in pkgutil.walk_packages(room.__path__, room.__name__ + "."))
    return [importlib.import_module(name) for name in names]
