"""The drawing of an evaluation."""
