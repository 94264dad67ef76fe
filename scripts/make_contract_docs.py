"""Renders docs/contract.md, docs/settings.md and docs/signals.md from what the sources declare.

usage: make_contract_docs.py [--check] [--to FOLDER]
Without --check the files are written; with it, a file that is not what would be written is named, and the exit
status is 1.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import pkgutil
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import hydrometer.contract as contract
from hydrometer.cli.output.declared_settings import list_settings
from hydrometer.contract.entity_kinds import ENTITY_KINDS
from hydrometer.contract.settings import Settings
from hydrometer.contract.table_spec import TableSpec
from hydrometer.detection.campaigns.group_scoring import CAUSE_CAP, HARVEST_CAP, OTHER_CAP, SUPPORTED
from hydrometer.detection.signals.signal import NO_EFFECT, WHOLE_EFFECT, Signal, find_signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

FIRST = ("exchange_columns", "account_columns", "fingerprint_columns", "result_records")
"""Modules in the order in which a reader meets them; further ones follow by name."""
APART = (
    "settings",
    "table_spec",
    "canonical_forms",
    "entity_kinds",
    "evidence_families",
    "errors",
    "progress",
    "timestamps",
    "estimative_language",
)
"""Modules that declare no table and no record of a result."""
MADE = (
    "<!-- Made by scripts/make_contract_docs.py from src/hydrometer/contract/; change the declarations, not this. -->"
)

CONTRACT_INTRO = f"""{MADE}

# The contract

What Hydrometer reads and writes.
Every table and record is declared once, in `src/hydrometer/contract/`; readers, writers, this page and the tests come
from that declaration.
A *needed* column may be neither absent nor null.
Any other column may be missing: the signals that need it are off, and the result says which and what that costs.

A folder of traffic may hold `exchanges*` and `accounts*` (Parquet, JSON lines, or CSV for accounts) and `models.json`,
a list of `{{"model": …, "released_at": …}}`.
A folder of a result holds `campaigns.json` (record `CampaignFile`), `members.parquet`, `harvested.parquet`,
`considered.parquet`, `indicators.parquet`, `templates.parquet`, `blocks.parquet` (tables of these names), `run.json` (record `RunRecord`), `report.html`, and `rejected.jsonl` when rows
were rejected.
"""

KINDS_INTRO = """# Kinds of value that accounts share

A kind *convicts* if sharing a value may make an account a member of a campaign, and *indicates* if a value may point to
somebody, so that it is in `indicators` and partners may exchange it.
"""

SETTINGS_INTRO = f"""{MADE}

# Settings

`hydrometer settings` prints them as a TOML file; `--settings FILE` reads such a file, and what it leaves out keeps its
default.
An unknown name, a wrong type or a value out of bounds ends the command with status 2.
"""

SIGNALS_INTRO = f"""<!-- Made by scripts/make_contract_docs.py from the modules of src/hydrometer/detection/signals/; change those, not this. -->

# Signals

Each is one test of a group of accounts, found by walking `src/hydrometer/detection/signals/`. A p-value becomes bits by
the bound of Sellke, Bayarri and Berger (2001), at most the cap; the cap is multiplied by the purity (of all who show what the
members share, the share that are members), and by the effect where single members show it or not: nothing up to {NO_EFFECT:.0%} of the members, all of it from
{WHOLE_EFFECT:.0%} on. The *coordination* axis says that accounts belong together, by *affiliation* (what belonging together explains) or
*operation* (what only one hand explains); the *harvest* axis, that outputs are gathered for training. How they make a verdict:
[method.md](method.md).

Evidence of one cause counts once, up to the bound of the cause; all of the harvest, up to {HARVEST_CAP:g} bits.
"""
HONEST = "Honest who show it: "
"""Begins the paragraph of a signal's module that names them."""


def _list_builtin_signals() -> list[Signal]:
    return [signal for signal in find_signals() if not signal.origin]


def signals_page() -> str:
    """Return docs/signals.md: every cause, and every signal with its kind, its null and its source."""
    parts = [SIGNALS_INTRO, _causes()]
    for family, group in groupby(_list_builtin_signals(), key=lambda signal: signal.family):
        parts.append(f"## {family}\n")
        for signal in group:
            told, _, honest = (importlib.import_module(signal.test.__module__).__doc__ or "").strip().partition(HONEST)
            needs = ", ".join(f"`{column}`" for column in signal.needs)
            one = " or ".join(f"`{column}`" for column in signal.any_of)
            needs = "; ".join(part for part in (needs, one) if part) or "nothing optional"
            rows = [
                ("axis", signal.axis),
                *_coordination_rows(signal),
                ("null", signal.null),
                ("honest who show it", honest.rstrip(".")),
                ("needs", needs),
                ("without it unseen", signal.costs),
                ("at most", f"{signal.cap:g} bits"),
            ]
            parts.append(f"### `{signal.name}`\n\n{told.strip()}\n\n{_grid(('', ''), rows)}")
    return "\n".join(parts)


def _causes() -> str:
    signals = [signal for signal in _list_builtin_signals() if signal.axis == "coordination"]
    rows = []
    for cause, cap in CAUSE_CAP.items():
        mine = [signal for signal in signals if signal.cause == cause]
        beside = " or ".join(f"{other} ({bits:g} bits)" for other, bits in SUPPORTED.get(cause, {}).items())
        names = ", ".join(f"`{signal.name}`" for signal in mine)
        rows.append((cause, ", ".join(sorted({signal.kind for signal in mine})), names, f"{cap:g}", beside))
    rows.append(("another, of a plug-in", "as it says", "", f"{OTHER_CAP:g}", ""))
    return _grid(("cause", "kind", "signals", "at most, bits", "counts only beside"), rows)


def _coordination_rows(signal: Signal) -> list[tuple[str, str]]:
    """Return what only signals of coordination say: kind, cause, and of operation which accounts show it themselves."""
    if signal.axis != "coordination":
        return []
    rows = [("kind", signal.kind), ("cause", signal.cause or signal.name)]
    if signal.kind == "operation":
        text = (
            (signal.shown.__doc__ or "") if signal.shown else "none: it speaks of the group, and convicts nobody alone"
        )
        rows.append(("accounts that show it themselves", text.strip().removeprefix("Return the accounts ").rstrip(".")))
    return rows


def modules() -> list[ModuleType]:
    """Return the modules of the contract that declare tables or records, in the reader's order."""
    names = [m.name for m in pkgutil.iter_modules(contract.__path__) if m.name not in APART]
    rank = {name: place for place, name in enumerate(FIRST)}
    names.sort(key=lambda name: (rank.get(name, len(FIRST)), name))
    return [importlib.import_module(f"{contract.__name__}.{name}") for name in names]


def contract_page(declaring: list[ModuleType]) -> str:
    """Return docs/contract.md: every table with its columns, every record with its fields."""
    tables: dict[str, TableSpec] = {}
    for module in declaring:
        for value in vars(module).values():
            if isinstance(value, TableSpec):
                tables.setdefault(value.name, value)
    parts = [CONTRACT_INTRO, "# Tables\n", *(_table(table) for table in tables.values()), _kinds(), "# Records\n"]
    parts += [record for module in declaring for record in _records(module)]
    return "\n".join(parts)


def _table(table: TableSpec) -> str:
    rows = [
        (
            f"`{c.name}`",
            _arrow(str(c.type)),
            "yes" if c.needed else "",
            c.unit,
            c.meaning,
            f"`{c.otel}`" if c.otel else "",
        )
        for c in table.columns
    ]
    head = ("column", "type", "needed", "unit", "meaning", "OpenTelemetry")
    return f"## `{table.name}`\n\n{_sentence(table.meaning)}\n\n{_grid(head, rows)}"


def _kinds() -> str:
    rows = [
        (
            f"`{kind}`",
            spec.label,
            spec.meaning,
            f"`{spec.qualified_column}`" if spec.table else "",
            spec.family,
            "yes" if spec.convicts else "",
            "yes" if spec.indicates else "",
        )
        for kind, spec in ENTITY_KINDS.items()
    ]
    head = ("kind", "one value", "meaning", "column", "family", "convicts", "indicates")
    return f"{KINDS_INTRO}\n{_grid(head, rows)}"


def _arrow(name: str) -> str:
    return name.replace("item: ", "").replace("element: ", "")


def _records(module: ModuleType) -> Iterator[str]:
    """Read the records from their source: only there do the fields keep their docstrings."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any("Struct" in ast.unparse(base) for base in node.bases):
            rows = list(_fields(node))
            yield f"## `{node.name}`\n\n{ast.get_docstring(node) or ''}\n\n{_grid(('field', 'type', 'meaning'), rows)}"


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ...]]:
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign):
            told = following.value if isinstance(following, ast.Expr) else None
            meaning = str(told.value) if isinstance(told, ast.Constant) else ""
            yield (
                f"`{ast.unparse(statement.target)}`",
                f"`{ast.unparse(statement.annotation)}`",
                " ".join(meaning.split()),
            )


def settings_page() -> str:
    """Return docs/settings.md: every setting with its type, bounds, default and meaning."""
    parts = [SETTINGS_INTRO]
    for section, group in groupby(list_settings(Settings()), key=lambda s: (s.section, s.section_meaning)):
        rows = [(f"`{s.name}`", s.type, s.bounds, f"`{json.dumps(s.value)}`", s.meaning) for s in group]
        title = f"## `[{section[0]}]`" if section[0] else "## At the top"
        parts.append(f"{title}\n\n{section[1]}\n\n{_grid(('setting', 'type', 'bounds', 'default', 'meaning'), rows)}")
    return "\n".join(parts)


def _grid(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def main() -> int:
    """Write the pages, or say which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--to", type=Path, default=Path(__file__).resolve().parents[1] / "docs")
    arguments = parser.parse_args()
    pages = {"contract.md": contract_page(modules()), "settings.md": settings_page(), "signals.md": signals_page()}
    stale = 0
    for name, page in pages.items():
        path: Path = arguments.to / name
        if arguments.check:
            if not path.exists() or path.read_text("utf-8") != page:
                print(f"{path} is not what the contract declares; run `make docs`")
                stale = 1
        else:
            path.write_text(page, "utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
