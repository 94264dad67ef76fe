"""What all parts of one world have in common: its internet, its texts, and draws that are the same in every part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from hydrometer.simulate.clock import DAY
from hydrometer.simulate.networks import Internet
from hydrometer.simulate.supplies import Repertoire

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from hydrometer.simulate.networks import Addresses
    from hydrometer.simulate.scenario import Scenario


class Codes:
    """Numbers the few values of a column as they are met."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[Hashable, int] = {}

    def __call__(self, value: Hashable) -> int:
        """Return the number of a value."""
        if value not in self._places:
            self._places[value] = len(self.values)
            self.values.append(value)
        return self._places[value]


class Commons:
    """The common ground of a world. It is made of the scenario and the seed alone, in each process that needs it."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.seed = scenario, seed
        self.internet = Internet(np.random.default_rng([seed, 0]))
        self.repertoire = Repertoire(seed)
        self.people: list[Addresses] = []
        """Home addresses of honest persons of the part in the making, which residential proxies may borrow."""
        self.codes: dict[str, Codes] = {}
        """Values of the few-valued columns of the part in the making."""
        self.start = int(scenario.start.timestamp()) * 1_000_000
        self.stop = self.start + scenario.days * DAY
        self.release = self.start + int((-30 if scenario.release_day is None else scenario.release_day) * DAY)
        self._kept: dict[str, Any] = {}
        self.begin_part()

    def begin_part(self) -> None:
        """Forget what belongs to the part before: what is made must not depend on what was."""
        self.people.clear()
        self.codes = {name: Codes() for name in ("channel", "stop_reason", "tool_names", "campaign", "beneficiary")}

    def draws(self, name: str) -> np.random.Generator:
        """Return a generator that is at its beginning, and the same in every part."""
        return np.random.default_rng([self.seed, 5, crc32(name.encode())])

    def kept(self, name: str, make: Callable[[np.random.Generator], Any]) -> Any:
        """Return what `make` makes of such a generator; it is made once in a process."""
        if name not in self._kept:
            self._kept[name] = make(self.draws(name))
        return self._kept[name]
