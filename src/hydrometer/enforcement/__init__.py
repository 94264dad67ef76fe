"""What is done about a campaign: policies, their backtest, snapshots, the guard, casework and the audit log."""
