"""Where a result is kept."""
