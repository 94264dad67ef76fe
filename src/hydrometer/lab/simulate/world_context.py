"""What all shards of one world have in common (its internet, its texts, draws that are the same in each), and what not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY
from hydrometer.lab.simulate.networks import Internet
from hydrometer.lab.simulate.text_sources import TextCatalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from hydrometer.lab.simulate.networks import Addresses
    from hydrometer.lab.simulate.scenario import Scenario


class ValueCodes:
    """Numbers of the few values of a column, given as values come."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._codes: dict[Hashable, int] = {}

    def __call__(self, value: Hashable) -> int:
        """Return the number of a value."""
        if value not in self._codes:
            self._codes[value] = len(self.values)
            self.values.append(value)
        return self._codes[value]


class WorldContext:
    """The common ground of a world. It is made of the scenario and the seed alone, in each process that needs it."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.seed = scenario, seed
        self.internet = Internet(np.random.default_rng([seed, 0]))
        self.catalogue = TextCatalogue(seed)
        self.start = int(scenario.start.timestamp()) * 1_000_000
        self.stop = self.start + scenario.days * DAY
        self.release = self.start + int((-30 if scenario.release_day is None else scenario.release_day) * DAY)
        self._cache: dict[str, Any] = {}

    def shared_generator(self, name: str) -> np.random.Generator:
        """Return a generator that is at its beginning, and the same in every shard."""
        return np.random.default_rng([self.seed, 5, crc32(name.encode())])

    def make_once(self, name: str, make: Callable[[np.random.Generator], Any]) -> Any:
        """Return what `make` makes of such a generator; it is made once in a process."""
        if name not in self._cache:
            self._cache[name] = make(self.shared_generator(name))
        return self._cache[name]


class ShardState:
    """What belongs to one shard in the making alone: what is made must not depend on the shards before it."""

    def __init__(self, shard: int, shards: int) -> None:
        self.shard, self.shards = shard, shards
        self.honest_homes: list[Addresses] = []
        """Home addresses of its honest persons, which residential proxies may borrow."""
        self.codes: Mapping[str, ValueCodes] = {
            name: ValueCodes() for name in ("channel", "stop_reason", "tool_names", "campaign", "beneficiary")
        }
        """Values of its few-valued columns."""
