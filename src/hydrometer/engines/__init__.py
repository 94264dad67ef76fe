"""Engines run named steps."""
