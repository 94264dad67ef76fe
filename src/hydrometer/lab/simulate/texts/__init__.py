"""Texts written for the simulated worlds: a phrase grammar with a large lexicon."""
