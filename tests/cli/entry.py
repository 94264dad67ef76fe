"""The command line as a process of its own, on the stand-in for the flow."""

from __future__ import annotations

import standin

from hydrometer.cli.app import main

if __name__ == "__main__":
    standin.install(setattr)
    main()
