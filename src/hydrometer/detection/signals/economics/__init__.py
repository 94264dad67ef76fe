"""Signals of the economics family."""
