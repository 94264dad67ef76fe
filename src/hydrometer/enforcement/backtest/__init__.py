"""What a policy would have done to past traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.enforcement.backtest.policy_backtest import BacktestRequest as BacktestRequest
    from hydrometer.enforcement.backtest.policy_backtest import run_backtest as run_backtest
    from hydrometer.enforcement.backtest.policy_backtest import write_backtest as write_backtest
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
