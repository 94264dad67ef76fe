"""Statistical tests: what each measures, its family, its null and its named steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup as AccountGroup
    from hydrometer.detection.population.memo import memoize as memoize
    from hydrometer.detection.population.population import Floats as Floats
    from hydrometer.detection.population.population import Population as Population
    from hydrometer.detection.signals.peer_comparison import compare_with_peers as compare_with_peers
    from hydrometer.detection.signals.signal import Signal as Signal
    from hydrometer.detection.signals.signal import SignalFinding as SignalFinding
    from hydrometer.detection.signals.tail_probabilities import binomial_tail as binomial_tail
    from hydrometer.detection.signals.tail_probabilities import correct_for_tries as correct_for_tries
    from hydrometer.detection.signals.tail_probabilities import exchangeable_tail as exchangeable_tail
    from hydrometer.detection.signals.tail_probabilities import rank_test as rank_test
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
