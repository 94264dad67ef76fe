"""What every test goes by."""

from __future__ import annotations

from hypothesis import settings

# The first call of a kernel may compile it: no example has a time limit of its own.
settings.register_profile("hydrometer", deadline=None)
settings.load_profile("hydrometer")
