"""Policies: read from a file, checked line by line before anything goes by them.

What is not asked for is not done: without a `mode`, a policy observes; nothing that cannot be undone, and nothing
against a whole campaign, without a person's approval; no service made worse without saying so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from hydrometer.contract.errors import InputError
from hydrometer.contract.policy import LADDER, Budget, Limits, Over, Policy, PolicyTest, Rule, Scope
from hydrometer.guard.rules import ConditionError, compile_condition
from hydrometer.response.policy_checks import check
from hydrometer.response.policy_file import Path, Problem, Tree, read_tree

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterable, Sequence

_MODES = ("observe", "shadow", "enforce")
_CHOICES: dict[str, Sequence[str]] = {
    "action": LADDER,
    "expect": LADDER,
    "scope": get_args(Scope),
    "over": get_args(Over),
    "mode": _MODES,
}
_LISTS: dict[str, type[Rule | Budget | PolicyTest]] = {"rules": Rule, "budgets": Budget, "tests": PolicyTest}
_TEXTS = frozenset(
    {"name", "appeal", "silent_degradation", "when", "reason", "rule", "expires", *_CHOICES},
)


def read_policy(text: str, *, now: datetime | None = None) -> tuple[Policy | None, list[Problem]]:
    """Return the policy in `text`, None when it cannot be used, with its problems and notes by line.

    With `now`, rules and budgets that have expired are problems. A policy in service is read without: it is not refused
    on the day that one of its rules ends, the rule just does nothing any more.
    """
    tree = read_tree(text, _TEXTS, frozenset({"given"}))
    policy = None if tree.problems else _policy(tree, now)
    problems = sorted(tree.problems)
    return (None if any(not each.note for each in problems) else policy), problems


def load_policy(file: pathlib.Path, *, now: datetime | None = None) -> tuple[Policy, list[Problem]]:
    """Return the policy in `file` with its notes.

    Raises:
        InputError: the file cannot be read, or the policy cannot be used: the first problem, and how many more.
    """
    policy, problems = read_policy(policy_text(file), now=now)
    if policy is None:
        wrong = [each for each in problems if not each.note]
        more = f" (and {len(wrong) - 1} more: `hydrometer policy check` lists them)" if len(wrong) > 1 else ""
        raise InputError(f"{wrong[0].what}{more}", file=str(file), row=wrong[0].line, mend=wrong[0].mend)
    return policy, problems


def policy_text(file: pathlib.Path) -> str:
    """Return what is in a policy file.

    Raises:
        InputError: it is not there, cannot be read, or is no text.
    """
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(file), mend="Name a policy file.") from None
    except UnicodeDecodeError:
        raise InputError("is no UTF-8 text", file=str(file), mend="Save it as UTF-8.") from None


def _policy(tree: Tree, now: datetime | None) -> Policy | None:
    value = tree.value
    if not isinstance(value, dict):
        tree.problem((), "is no mapping", "Begin with `version: 1`.")
        return None
    _keys(tree, (), value, Policy)
    if value.get("version") != 1:
        tree.problem(("version",), "has no `version: 1`", "Write `version: 1` at the top.")
    parts: dict[str, list[Any]] = {
        key: [made for n, each in enumerate(_list(tree, value, key)) if (made := _part(tree, (key, n), each, kind))]
        for key, kind in _LISTS.items()
    }
    head = {key: value[key] for key in ("name", "mode", "appeal", "silent_degradation") if value.get(key) is not None}
    for key in head:
        _choice(tree, (key,), key, head[key])
    if any(not problem.note for problem in tree.problems):
        return None
    policy = msgspec.convert({"version": 1, **head, **parts}, Policy)
    check(tree, policy, now)
    return policy


def _list(tree: Tree, value: dict[str, Any], key: str) -> list[Any]:
    held = value.get(key)
    if held is not None and not isinstance(held, list):
        tree.problem((key,), f"`{key}` is no list", f"Begin each of the {key} with `- name:`.")
        return []
    return held or []


def _part(tree: Tree, path: Path, value: Any, kind: type[Rule | Budget | PolicyTest]) -> Any:
    """Return a rule, budget or test; None, with the problems added, when it cannot be read."""
    before = len(tree.problems)
    what = kind.__name__.lower().replace("policytest", "test")
    if not isinstance(value, dict):
        tree.problem(path, f"is no {what}", f"Begin a {what} with `- name:`.")
        return None
    _keys(tree, path, value, kind)
    if isinstance(value.get("limits"), dict):
        _keys(tree, (*path, "limits"), value["limits"], Limits)
    for key in _CHOICES:
        if key in value:
            _choice(tree, (*path, key), key, value[key])
    for fields in msgspec.structs.fields(kind):
        if fields.required and value.get(fields.name) is None:
            mend = "Say how many `requests` are allowed in how many `seconds`." if kind is Budget else "Add it."
            tree.problem(path, f"{what} lacks `{fields.name}`", mend)
    if "expires" in value:
        value["expires"] = _time(tree, (*path, "expires"), value["expires"])
    if len(tree.problems) > before:
        return None
    try:
        made = msgspec.convert({**value, "line": tree.place(path)[0]}, kind)
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at `$.")
        key = at.rstrip("`").partition(".")[0].partition("[")[0]
        tree.problem(
            (*path, key), f"{what} {value['name']}: `{key}`: {_plain(message)}", "Give a value of that kind and range."
        )
        return None
    if isinstance(made, Rule | Budget):
        _condition(tree, (*path, "when"), made.when)
    return made


def _keys(tree: Tree, path: Path, value: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    known = [each.name for each in msgspec.structs.fields(kind) if each.name != "line"]
    for key in value:
        if key not in known:
            near = get_close_matches(key, known, 1)
            mend = f"Did you mean `{near[0]}`?" if near else f"Known are {', '.join(known)}."
            tree.problem((*path, key), f"does not know `{key}`", mend)


def _choice(tree: Tree, path: Path, key: str, value: Any) -> None:
    if key in _CHOICES and value not in _CHOICES[key]:
        tree.problem(path, f"`{key}` cannot be `{value}`", f"Choose one of {', '.join(_CHOICES[key])}.")
    if key in _TEXTS and not isinstance(value, str):
        tree.problem(path, f"`{key}` is no text", "Write a text.")


def _time(tree: Tree, path: Path, value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        tree.problem(path, f"`{value}` is no time", "Write a time such as 2026-12-31T00:00:00Z.")
        return None
    # A day alone ends when it begins, in UTC.
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _condition(tree: Tree, path: Path, text: str) -> None:
    try:
        compile_condition(text)
    except ConditionError as error:
        line, column, style = tree.scalars.get(path, (*tree.place(path), ""))
        what = f"condition: {error.message}"
        if style in {"|", ">"}:
            # A folded text has lost its line ends; then the line is of its beginning.
            problem = Problem(
                line + error.line, error.column, what, f"Mend it at column {error.column} of that line's text."
            )
        elif error.line > 1:
            problem = Problem(line + error.line - 1, error.column, what, f"Mend it at column {error.column}.")
        else:
            column += error.column - 1 + bool(style)
            problem = Problem(line, column, what, f"Mend it at column {column}.")
        tree.problems.append(problem)


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:]


def refusal(problems: Iterable[Problem]) -> int:
    """How many of the problems keep the policy from being used."""
    return sum(not each.note for each in problems)
