"""Signals of the timing family."""
