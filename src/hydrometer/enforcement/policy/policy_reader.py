"""Policies: read from a file, and checked line by line before anything is decided by them.

What is not asked for is not done: without a `mode`, a policy observes; nothing that cannot be undone, and nothing
against a whole campaign, without a person's approval; no service made worse without saying so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from importlib.resources import files
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from hydrometer.contract import LADDER, Budget, FeatureLimits, InputError, Over, Policy, PolicyTest, Rule, Scope
from hydrometer.enforcement.policy.expressions import ConditionError, compile_condition
from hydrometer.enforcement.policy.policy_checks import check_whole_policy
from hydrometer.enforcement.policy.yaml_tree import NodePath, PolicyProblem, YamlTree, read_tree
from hydrometer.files import read_text

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Sequence

_MODES = ("observe", "shadow", "enforce")
_CHOICES: dict[str, Sequence[str]] = {
    "action": LADDER,
    "expect": LADDER,
    "scope": get_args(Scope),
    "over": get_args(Over),
    "mode": _MODES,
}
_LISTS: dict[str, type[Rule | Budget | PolicyTest]] = {"rules": Rule, "budgets": Budget, "tests": PolicyTest}
_NOUNS: dict[type[Rule | Budget | PolicyTest], str] = {Rule: "rule", Budget: "budget", PolicyTest: "test"}
"""What messages call an entry of a list."""
_TEXTS = frozenset(
    {"name", "appeal", "silent_degradation", "when", "reason", "rule", "expires", *_CHOICES},
)


def read_policy(text: str, *, now: datetime | None = None) -> tuple[Policy | None, list[PolicyProblem]]:
    """Return the policy in `text`, None when it cannot be used, with its problems and notes by line.

    With `now`, rules and budgets that have expired are problems. A policy in service is read without: it is not refused
    on the day that one of its rules ends, the rule just does nothing any more.
    """
    tree = read_tree(text, _TEXTS, frozenset({"given"}))
    policy = None if tree.problems else _build_policy(tree, now)
    problems = sorted(tree.problems)
    return (None if any(not each.note for each in problems) else policy), problems


def load_policy(file: pathlib.Path, *, now: datetime | None = None) -> tuple[Policy, list[PolicyProblem]]:
    """Return the policy in `file` with its notes.

    Raises:
        InputError: the file cannot be read, or the policy cannot be used: the first problem, and how many more.
    """
    policy, problems = read_policy(read_policy_text(file), now=now)
    if policy is None:
        wrong = [each for each in problems if not each.note]
        more = f" (and {len(wrong) - 1} more: `hydrometer policy check` lists them)" if len(wrong) > 1 else ""
        raise InputError(f"{wrong[0].what}{more}", file=str(file), row=wrong[0].line, mend=wrong[0].mend)
    return policy, problems


def read_policy_text(file: pathlib.Path) -> str:
    """Return what is in a policy file.

    Raises:
        InputError: it is not there, cannot be read, or is no text.
    """
    return read_text(file, mend="Name a policy file.")


def check_policy(file: pathlib.Path, now: datetime) -> tuple[Policy | None, list[PolicyProblem]]:
    """Return the policy in `file`, None when it cannot be used, and everything that is wrong or worth knowing.

    Raises:
        InputError: the file cannot be read.
    """
    return read_policy(read_policy_text(file), now=now)


def read_example_policy() -> str:
    """Return the text of a policy that is good to begin with."""
    return files("hydrometer.enforcement.policy").joinpath("data/policy.yaml").read_text("utf-8")


def load_or_example_policy(file: pathlib.Path | None) -> Policy:
    """Return the policy in `file`, or the example.

    Raises:
        InputError: the file cannot be read, or the policy cannot be used.
    """
    if file is not None:
        return load_policy(file)[0]
    policy, _ = read_policy(read_example_policy())
    if policy is None:
        raise ValueError("the example policy cannot be used")
    return policy


def _build_policy(tree: YamlTree, now: datetime | None) -> Policy | None:
    value = tree.value
    if not isinstance(value, dict):
        tree.add_problem((), "is no mapping", "Begin with `version: 1`.")
        return None
    _check_keys(tree, (), value, Policy)
    if value.get("version") != 1:
        tree.add_problem(("version",), "has no `version: 1`", "Write `version: 1` at the top.")
    parts: dict[str, list[Any]] = {
        key: [
            made
            for n, each in enumerate(_read_list(tree, value, key))
            if (made := _read_part(tree, (key, n), each, kind))
        ]
        for key, kind in _LISTS.items()
    }
    head = {key: value[key] for key in ("name", "mode", "appeal", "silent_degradation") if value.get(key) is not None}
    for key in head:
        _check_choice(tree, (key,), key, head[key])
    if any(not problem.note for problem in tree.problems):
        return None
    policy = msgspec.convert({"version": 1, **head, **parts}, Policy)
    check_whole_policy(tree, policy, now)
    return policy


def _read_list(tree: YamlTree, value: dict[str, Any], key: str) -> list[Any]:
    entries = value.get(key)
    if entries is not None and not isinstance(entries, list):
        tree.add_problem((key,), f"`{key}` is no list", f"Begin each of the {key} with `- name:`.")
        return []
    return entries or []


def _read_part(tree: YamlTree, path: NodePath, value: Any, kind: type[Rule | Budget | PolicyTest]) -> Any:
    """Return a rule, budget or test; None, with the problems added, when it cannot be read."""
    before = len(tree.problems)
    what = _NOUNS[kind]
    if not isinstance(value, dict):
        tree.add_problem(path, f"is no {what}", f"Begin a {what} with `- name:`.")
        return None
    _check_keys(tree, path, value, kind)
    if isinstance(value.get("limits"), dict):
        _check_keys(tree, (*path, "limits"), value["limits"], FeatureLimits)
    for key in _CHOICES:
        if key in value:
            _check_choice(tree, (*path, key), key, value[key])
    for fields in msgspec.structs.fields(kind):
        if fields.required and value.get(fields.name) is None:
            mend = "Say how many `requests` are allowed in how many `seconds`." if kind is Budget else "Add it."
            tree.add_problem(path, f"{what} lacks `{fields.name}`", mend)
    if "expires" in value:
        value["expires"] = _parse_time(tree, (*path, "expires"), value["expires"])
    if len(tree.problems) > before:
        return None
    try:
        made = msgspec.convert({**value, "line": tree.locate(path)[0]}, kind)
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at `$.")
        key = at.rstrip("`").partition(".")[0].partition("[")[0]
        tree.add_problem(
            (*path, key),
            f"{what} {value['name']}: `{key}`: {_lower_first_letter(message)}",
            "Give a value of that kind and range.",
        )
        return None
    if isinstance(made, Rule | Budget):
        _check_condition(tree, (*path, "when"), made.when)
    return made


def _check_keys(tree: YamlTree, path: NodePath, value: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    field_names = [each.name for each in msgspec.structs.fields(kind) if each.name != "line"]
    for key in value:
        if key not in field_names:
            near = get_close_matches(key, field_names, 1)
            mend = f"Did you mean `{near[0]}`?" if near else f"Known are {', '.join(field_names)}."
            tree.add_problem((*path, key), f"does not know `{key}`", mend)


def _check_choice(tree: YamlTree, path: NodePath, key: str, value: Any) -> None:
    if key in _CHOICES and value not in _CHOICES[key]:
        tree.add_problem(path, f"`{key}` cannot be `{value}`", f"Choose one of {', '.join(_CHOICES[key])}.")
    if key in _TEXTS and not isinstance(value, str):
        tree.add_problem(path, f"`{key}` is no text", "Write a text.")


def _parse_time(tree: YamlTree, path: NodePath, value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        tree.add_problem(path, f"`{value}` is no time", "Write a time such as 2026-12-31T00:00:00Z.")
        return None
    # A day alone ends when it begins, in UTC.
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _check_condition(tree: YamlTree, path: NodePath, text: str) -> None:
    try:
        compile_condition(text)
    except ConditionError as error:
        line, column, style = tree.scalars.get(path, (*tree.locate(path), ""))
        what = f"condition: {error.message}"
        if style in {"|", ">"}:
            # A folded text has lost its line ends; then the line is of its beginning.
            problem = PolicyProblem(
                line + error.line, error.column, what, f"Mend it at column {error.column} of that line's text."
            )
        elif error.line > 1:
            problem = PolicyProblem(line + error.line - 1, error.column, what, f"Mend it at column {error.column}.")
        else:
            column += error.column - 1 + bool(style)
            problem = PolicyProblem(line, column, what, f"Mend it at column {column}.")
        tree.problems.append(problem)


def _lower_first_letter(message: str) -> str:
    return message[:1].lower() + message[1:]
