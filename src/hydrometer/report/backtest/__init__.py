"""The page of a backtest and its charts."""
