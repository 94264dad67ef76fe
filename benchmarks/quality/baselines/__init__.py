"""Five detectors that others would write, each after a published method or tool, to measure against.

Each is one file with `NAME`, `SOURCE`, `GRID` (settings to choose among), `prepare` (what no setting changes) and
`detect`. `runner` holds them together, `tune` chooses their settings on training worlds, and tuned.json keeps the choice.

All of them are given what the data contract says of campaigns: accounts of one declared organisation are one unit, and an
organisation with a `distillation` agreement is none (`groups`). None is given anything of the truth.
"""
