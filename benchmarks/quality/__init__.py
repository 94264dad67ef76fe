"""How well campaigns are found: other detectors and this one on the same labelled worlds."""
