"""What a policy may not say, or not without more: the checks of a whole policy, once each of its parts can be read."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hydrometer.contract.policy import FACTS, LADDER, Budget, Limits, Policy, PolicyTest, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hydrometer.response.policy_file import Path, Tree

SILENCE = "I accept that customers are served worse without being told, and what that costs in trust"
"""The sentence that turns silent degradation on; nothing else does."""

TELLING = ("campaign", "cluster", "device", "fingerprint", "hydra", "indicator", "sketch", "template")
"""Words in a reason that tell a customer what was recognised; those who harvest read reasons too."""

_KINDS: dict[str, type] = {"string": str, "double": float, "int": int, "bool": bool}


def check(tree: Tree, policy: Policy, now: datetime | None) -> None:
    """Add to `tree` what is wrong with `policy`; with `now`, also what has expired."""
    _head(tree, policy)
    _uniqueness(tree, policy)
    for key, made in _parts(policy):
        for n, part in enumerate(made):
            _gentle(tree, (key, n), part, now)
    for n, test in enumerate(policy.tests):
        _test(tree, ("tests", n), test, policy)


def _parts(policy: Policy) -> tuple[tuple[str, Sequence[Rule | Budget]], ...]:
    return ("rules", policy.rules), ("budgets", policy.budgets)


def _all(policy: Policy) -> list[Rule | Budget]:
    return [*policy.rules, *policy.budgets]


def _head(tree: Tree, policy: Policy) -> None:
    if policy.silent_degradation not in {"off", SILENCE}:
        tree.problem(
            ("silent_degradation",),
            "silent degradation is off unless its owner says so in full",
            f"Write `off`, or exactly: {SILENCE}",
        )
    if policy.appeal and not policy.appeal.startswith(("https://", "mailto:")):
        tree.problem(("appeal",), "`appeal` is no address", "Write one that begins with https:// or mailto:.")
    touches = any(LADDER.index(each.action) > LADDER.index("observe") for each in _all(policy))
    if policy.mode == "enforce" and touches and not policy.appeal:
        tree.problem(
            ("mode",), "refuses customers and names no `appeal`", "Add the address at which a customer is heard."
        )


def _uniqueness(tree: Tree, policy: Policy) -> None:
    seen: dict[str, int] = {}
    for key, made in _parts(policy):
        for n, part in enumerate(made):
            if not part.name.strip():
                tree.problem((key, n, "name"), "has an empty name", "Name it; decisions and the log quote the name.")
            elif part.name in seen:
                tree.problem(
                    (key, n, "name"), f"the name `{part.name}` is taken in line {seen[part.name]}", "Choose another."
                )
            seen.setdefault(part.name, part.line)
    tests: dict[str, int] = {}
    for n, test in enumerate(policy.tests):
        if test.name in tests:
            tree.problem(
                ("tests", n, "name"),
                f"the test `{test.name}` is there in line {tests[test.name]}",
                "Choose another name.",
            )
        tests.setdefault(test.name, test.line)


def _gentle(tree: Tree, path: Path, part: Rule | Budget, now: datetime | None) -> None:
    """What a rule or budget may not do, or not without more."""
    hard = LADDER.index(part.action) > LADDER.index("observe")
    whole = isinstance(part, Rule) and part.scope == "campaign" and hard
    if (part.action == "block" or whole) and not part.person:
        what = "blocks" if part.action == "block" else "acts on a whole campaign"
        tree.problem(
            path,
            f"`{part.name}` {what} without a person: nothing irreversible without a person",
            "Add `person: true` once somebody has approved it, or take a milder action.",
        )
    if hard and not part.reason.strip():
        tree.problem(
            (*path, "reason"), f"`{part.name}` gives no reason", "Say to the customer why, without naming evidence."
        )
    told = sorted(word for word in TELLING if word in part.reason.lower())
    if hard and told:
        tree.problem(
            (*path, "reason"),
            f"the reason of `{part.name}` tells what was recognised ({', '.join(told)})",
            "Leave it out.",
            note=True,
        )
    if isinstance(part, Rule):
        if part.limits is not None and part.action != "limit_features":
            tree.problem(
                (*path, "limits"), f"`limits` have no effect with {part.action}", "Take the action limit_features."
            )
        if part.action == "limit_features" and part.limits in {None, Limits()}:
            tree.problem(
                path,
                f"`{part.name}` limits features and names none",
                "Add `limits:` with n, logprobs, batch or max_tokens.",
            )
        if part.retry_after is not None and part.action != "throttle":
            tree.problem(
                (*path, "retry_after"), f"`retry_after` has no effect with {part.action}", "Take the action throttle."
            )
    if part.expires is not None and now is not None and part.expires <= now:
        tree.problem((*path, "expires"), f"`{part.name}` has expired", "Remove it, or give it a later time.")
    if part.percent == 0:
        tree.problem(
            (*path, "percent"), f"`{part.name}` is rolled out to nobody", "Raise `percent`, or remove it.", note=True
        )


def _test(tree: Tree, path: Path, test: PolicyTest, policy: Policy) -> None:
    for variable, fields in test.given.items():
        if variable not in FACTS:
            tree.problem((*path, "given", variable), f"there is no `{variable}`", f"Facts are of {', '.join(FACTS)}.")
            continue
        for name, value in fields.items():
            at = (*path, "given", variable, name)
            if name not in FACTS[variable]:
                near = get_close_matches(name, list(FACTS[variable]), 1)
                mend = f"Did you mean `{near[0]}`?" if near else f"Known are {', '.join(FACTS[variable])}."
                tree.problem(at, f"{variable} has no `{name}`", mend)
            elif not _fits(value, FACTS[variable][name]):
                tree.problem(at, f"{variable}.{name} is {FACTS[variable][name]}", "Give a value of that kind.")
    names = [each.name for each in _all(policy)]
    if test.rule is not None and test.rule not in names:
        near = get_close_matches(test.rule, names, 1)
        tree.problem(
            (*path, "rule"),
            f"there is no rule `{test.rule}`",
            f"Did you mean `{near[0]}`?" if near else "Name one of the policy's.",
        )


def _fits(value: Any, kind: str) -> bool:
    if kind == "list(string)":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(value, bool):
        return kind == "bool"
    return isinstance(value, _KINDS[kind]) or (kind == "double" and isinstance(value, int))
