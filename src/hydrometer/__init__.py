"""Hydrometer finds networks of fraudulent accounts that harvest a language model's outputs."""

__version__ = "0.1.0"
