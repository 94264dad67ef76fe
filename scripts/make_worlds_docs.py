"""Renders docs/worlds.md from what the simulator declares: archetypes, knobs, scenarios.

usage: make_worlds_docs.py [--check] [--to FILE]
Without --check the page is written; with it, the exit status is 1 if the page is not what would be written.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hydrometer.lab.simulate import SCENARIOS
from hydrometer.lab.simulate import scenario as declared
from hydrometer.lab.simulate.archetype_plugins import load_archetypes
from hydrometer.lab.simulate.named_scenarios import ALL
from hydrometer.lab.simulate.scenario_loader import describe_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE = Path(__file__).resolve().parents[1] / "docs" / "worlds.md"
INTRO = """<!-- Made by scripts/make_worlds_docs.py from src/hydrometer/lab/simulate/; change the declarations, not this. -->

# Worlds

`hydrometer simulate` writes labelled worlds: the traffic of a model provider over some days, most of it by honest
customers who look guilty in one way or another, and perhaps some operators among them who harvest the model's outputs.
Nobody in a world is real; every name, address, card digest and text is made by a program.

```
hydrometer simulate --scenario ladder6 --seed 3 --out world
hydrometer detect world --out result
hydrometer evaluate result world
```

| in | is |
| --- | --- |
| `world/exchanges*.parquet`, `world/accounts.parquet`, `world/models.json` | the tables of the [contract](contract.md), with nothing in them that tells guilt |
| `world.truth/accounts.parquet` | `account_id`, `operator` (empty: honest), `kind` (archetype, or `operator`), `community` (which honest crowd: a course, a firm; empty for lone persons and operators) |
| `world.truth/exchanges*.parquet` | `exchange_id`, `campaign` (null: innocent), `beneficiary` (who gets the output) |
| `world.truth/world.json` | the whole recipe, the seed, the version, counts by archetype and operator |

The same scenario, seed and version give the same files, byte for byte, with any number of processes.
A folder appears when it is whole; what is interrupted leaves nothing.

## Size

| option | means |
| --- | --- |
| `--accounts N` | accounts of the whole world; honest ones and operators' in the scenario's proportions, and with them what an operator has per account (hosts, a reseller's customers) |
| `--exchanges N` | exchanges of the whole world, within 5 %: honest volumes and operators' rates are scaled alike; the real number is printed |
| `--days N` | days; what happens on a day (release, outage, start, ban) happens at the same share of the span |
| `--operator-accounts N` | accounts of all operators together, in their proportions, apart from the honest side |
| `--harvested N` | exchanges that all operators harvest together, within 5 %, apart from the honest side |
| `--sketches-only` | fingerprints in place of texts, keyed with the site key |

A large world is made in *parts* of about 200,000 exchanges, one file each, by as many processes as there are cores, so
that memory does not grow with the number of exchanges. Every part holds its share of each archetype and operator over
the whole time; what a world shares (networks, popular and viral prompts, frameworks, benchmarks, vendors' templates,
an operator's cards, hosts, wordings, bans, work queue) is the same in all parts. An organisation, a class, a community or
an event lies within a part. A swept work list repeats no task within a part; between parts a short task may come again, as
any two people may ask the same.

February 2026 at full size, as sketches:

```
hydrometer simulate --scenario february --accounts 2000000 --operator-accounts 24000 \\
    --exchanges 160000000 --harvested 16500000 --sketches-only --out february
```

## Texts

One phrase grammar with a large lexicon writes everybody's tasks, in ten languages. Operators and honest customers draw
from the same pool: which text it is says nothing of who sends it, only what is demanded around it, by how many, and
when. A test trains a linear probe on single tasks and fails when it tells the two sides apart with more than 55 %
balanced accuracy. (An operator that asks in other languages sends more tasks in them than honest people do.)

With `--sketches-only` no text is written. Some ten thousand real tasks, and every wording and system prompt, are
fingerprinted once in each process; an exchange's fingerprint is composed of those of its parts. Tests hold the sizes
of sketches, the repeats, the classes and the accounts per hash to those of the same world's texts. Wordings that never
come again (`paraphrase`, `salt`) are stood for by 512 real ones of each kind: what several of these have in common stays,
all else changes from exchange to exchange.
"""


def page() -> str:
    """Return docs/worlds.md."""
    pieces = [INTRO, *_archetypes(), *_ladder(), *_scenarios(), *_recipes()]
    return "\n".join(pieces)


def _archetypes() -> Iterator[str]:
    yield "## Honest archetypes\n"
    yield (
        "Persons take what the others' shares leave. *Exchanges* is the mean of an account in a fortnight; a file of\n"
        "`archetypes/` each. Those without a share are in a world only where its scenario's `shares` name them.\n"
    )
    rows = []
    for kind, module in load_archetypes().items():
        made = _flat(inspect.getdoc(module.populate) or "").removeprefix("Add `count` ")
        what = f"{_flat(inspect.getdoc(module) or '')} {made[:1].upper()}{made[1:]}"
        rows.append((f"`{kind}`", f"{module.SHARE:.1%}", f"{module.MEAN:g}", what))
    yield _grid(("archetype", "share of accounts", "exchanges", "what they are and do"), rows)


def _ladder() -> Iterator[str]:
    yield "## The ladder\n"
    yield "Seven rungs; each adds an evasion to the one before, so the table shows what changes.\n"
    rungs = [SCENARIOS[f"ladder{number}"].operators[0] for number in range(1, 8)]
    rows = []
    for number, spec in enumerate(rungs, 1):
        before = rungs[number - 2] if number > 1 else declared.OperatorSpec(name=spec.name)
        changed = [
            f"`{name}` {_value(getattr(spec, name))}"
            for name in spec.__struct_fields__
            if getattr(spec, name) != getattr(before, name)
        ]
        rows.append((f"`ladder{number}`", ", ".join(changed)))
    yield _grid(("rung", "differs from the one before (the first: from the defaults) in"), rows)


def _scenarios() -> Iterator[str]:
    yield "## Scenarios\n"
    yield (
        "The detector is tuned and calibrated on seeds of the scenarios in `named_scenarios.toml`. Those of `held_out_scenarios.toml` are\n"
        "for published numbers only: nothing is ever tuned on them.\n"
    )
    rows = [
        (f"`{name}`", "" if name in SCENARIOS else "held out", describe_scenario(scenario))
        for name, scenario in ALL.items()
    ]
    yield _grid(("scenario", "", "holds"), rows)


def _recipes() -> Iterator[str]:
    yield "## A scenario of your own\n"
    yield (
        "`--scenario` also takes a `.toml` or `.json` file with the fields below; what it leaves out keeps its default.\n"
        "`scenario` in any `world.json` is such a recipe.\n"
    )
    yield (
        '```toml\nname = "mine"\nhonest = 1000\nshares = {class = 0.2}\n\n[[operators]]\nname = "hydra"\n'
        'accounts = 60\nnetwork = "vpn"\nkinds = ["grading", "reasoning"]\nwordings = 12\n```\n'
    )
    tree = ast.parse(inspect.getsource(declared))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield f"### `{node.name}`\n\n{_flat(ast.get_docstring(node) or '')}\n"
            yield _grid(("field", "type", "default", "meaning"), list(_fields(node)))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield f"`{node.targets[0].id}` is {_choices(node.value)}. {_told_after(tree.body, node)}\n"


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ...]]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            default = "needed" if statement.value is None else f"`{ast.unparse(statement.value)}`"
            yield (
                f"`{ast.unparse(statement.target)}`",
                _choices(statement.annotation),
                default,
                _told_after(node.body, statement),
            )


def _told_after(body: Sequence[ast.stmt], statement: ast.stmt) -> str:
    """Return the docstring that follows a statement.

    Raises:
        ValueError: there is none.
    """
    following = body[body.index(statement) + 1 :][:1]
    for after in following:
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return _flat(str(after.value.value))
    raise ValueError(f"{ast.unparse(statement)} has no docstring")


def _choices(annotation: ast.expr) -> str:
    """Return a type; of a Literal its values."""
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal":
        values = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        return ", ".join(f"`{ast.unparse(value)}`" for value in values)
    return f"`{ast.unparse(annotation)}`"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _grid(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> int:
    """Write the page, or say that it is out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--to", type=Path, default=PAGE)
    arguments = parser.parse_args()
    if not arguments.check:
        arguments.to.write_text(page(), "utf-8")
    elif not arguments.to.exists() or arguments.to.read_text("utf-8") != page():
        print(f"{arguments.to} is not what the simulator declares; run {Path(__file__).name}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
