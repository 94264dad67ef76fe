"""Fingerprints and other sketches of the same texts: what benchmarks/fingerprint.py measures side by side."""
