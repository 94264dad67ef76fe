"""Signals of the infrastructure family."""
