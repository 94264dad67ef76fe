"""What a case of a signal is: a world, and whether the signal must find its group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .populations import Draft

World = Callable[[np.random.Generator], Sequence[Draft]]


@dataclass(frozen=True)
class Case:
    """`world` makes the accounts; those of the group are marked as members."""

    name: str
    finds: bool
    world: World
    releases: Mapping[str, int] = field(default_factory=dict)
