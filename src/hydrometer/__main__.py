"""`python -m hydrometer` is the command `hydrometer`."""

from __future__ import annotations

from hydrometer.cli.app import main

main()
