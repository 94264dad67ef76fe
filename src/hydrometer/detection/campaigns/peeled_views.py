"""The population as each group is compared with it: without the accounts that were convicted of something else."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.campaigns.comparison_features import build_comparison_features
from hydrometer.detection.population.peeling import peel_accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures
    from hydrometer.detection.population.population import Bools, Population

KEPT = 3
"""Views that are kept for the next that asks for the same."""


def hash_mask(mask: Bools) -> bytes:
    """Return a key by which a mask of accounts is remembered."""
    return hashlib.blake2b(np.packbits(mask).tobytes(), digest_size=16).digest()


@dataclass(frozen=True)
class PeeledView:
    """A population without some accounts, with the features by which its accounts are compared."""

    population: Population
    features: ComparisonFeatures
    outward: ComparisonFeatures
    """The features without content."""
    without: Sequence[str]
    """Families of evidence that may not be used."""

    @cached_property
    def broad_features(self) -> ComparisonFeatures:
        """The features with numbers compared with everybody's alike: where nearly all who ask are one group, those beside it are few."""
        return build_comparison_features(self.population, self.without, everybody=math.inf)


class PeeledViews:
    """Views of one population, and whom it has been convicted of."""

    def __init__(self, population: Population, without: Sequence[str]) -> None:
        """Take the population, and the families of evidence that may not be used."""
        self.population, self._without = population, without
        self._views: dict[bytes, PeeledView] = {}
        self.convicted = np.zeros(population.size, dtype=np.bool_)
        """Accounts of the campaigns found so far."""

    def convict(self, members: Bools) -> None:
        """Take accounts out of the null of all others."""
        self.convicted = self.convicted | members

    def view_for(self, members: Bools) -> PeeledView:
        """Return the view in which a group is judged: without the convicted accounts that are not of it."""
        return self.without(self.convicted & ~members)

    def without(self, excluded: Bools) -> PeeledView:
        """Return the view without some accounts."""
        key = hash_mask(excluded)
        if key not in self._views:
            while len(self._views) >= KEPT:
                del self._views[next(iter(self._views))]
            population = peel_accounts(self.population, excluded)
            features = build_comparison_features(population, self._without)
            self._views[key] = PeeledView(population, features, features.without_family("content"), self._without)
        return self._views[key]
