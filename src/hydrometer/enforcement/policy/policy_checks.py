"""What a policy may not say, or not without more: the checks of a whole policy, once each of its parts can be read."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hydrometer.contract import FACTS, LADDER, Budget, FeatureLimits, Policy, PolicyTest, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hydrometer.enforcement.policy.yaml_tree import NodePath, YamlTree

SILENCE = "I accept that customers are served worse without being told, and what that costs in trust"
"""The sentence that turns silent degradation on; nothing else does."""

TELLING = ("campaign", "cluster", "device", "fingerprint", "hydra", "indicator", "sketch", "template")
"""Words in a reason that show a customer what was recognised; those who harvest read reasons too."""

_KINDS: dict[str, type] = {"string": str, "double": float, "int": int, "bool": bool}


def check_whole_policy(tree: YamlTree, policy: Policy, now: datetime | None) -> None:
    """Add to `tree` what is wrong with `policy`; with `now`, also what has expired."""
    _check_head(tree, policy)
    _check_unique_names(tree, policy)
    for key, made in _list_sections(policy):
        for n, part in enumerate(made):
            _check_safeguards(tree, (key, n), part, now)
    for n, test in enumerate(policy.tests):
        _check_test(tree, ("tests", n), test, policy)


def _list_sections(policy: Policy) -> tuple[tuple[str, Sequence[Rule | Budget]], ...]:
    return ("rules", policy.rules), ("budgets", policy.budgets)


def _list_rules_and_budgets(policy: Policy) -> list[Rule | Budget]:
    return [*policy.rules, *policy.budgets]


def _check_head(tree: YamlTree, policy: Policy) -> None:
    if policy.silent_degradation not in {"off", SILENCE}:
        tree.add_problem(
            ("silent_degradation",),
            "silent degradation is off unless its owner says so in full",
            f"Write `off`, or exactly: {SILENCE}",
        )
    if policy.appeal and not policy.appeal.startswith(("https://", "mailto:")):
        tree.add_problem(("appeal",), "`appeal` is no address", "Write one that begins with https:// or mailto:.")
    touches = any(LADDER.index(each.action) > LADDER.index("observe") for each in _list_rules_and_budgets(policy))
    if policy.mode == "enforce" and touches and not policy.appeal:
        tree.add_problem(
            ("mode",), "refuses customers and names no `appeal`", "Add the address at which a customer is heard."
        )


def _check_unique_names(tree: YamlTree, policy: Policy) -> None:
    first_lines: dict[str, int] = {}
    for key, made in _list_sections(policy):
        for n, part in enumerate(made):
            if not part.name.strip():
                tree.add_problem(
                    (key, n, "name"), "has an empty name", "Name it; decisions and the log quote the name."
                )
            elif part.name in first_lines:
                tree.add_problem(
                    (key, n, "name"),
                    f"the name `{part.name}` is taken in line {first_lines[part.name]}",
                    "Choose another.",
                )
            first_lines.setdefault(part.name, part.line)
    tests: dict[str, int] = {}
    for n, test in enumerate(policy.tests):
        if test.name in tests:
            tree.add_problem(
                ("tests", n, "name"),
                f"the test `{test.name}` is there in line {tests[test.name]}",
                "Choose another name.",
            )
        tests.setdefault(test.name, test.line)


def _check_safeguards(tree: YamlTree, path: NodePath, part: Rule | Budget, now: datetime | None) -> None:
    """Check what a rule or budget may not do, or not without more."""
    hard = LADDER.index(part.action) > LADDER.index("observe")
    whole = isinstance(part, Rule) and part.scope == "campaign" and hard
    if (part.action == "block" or whole) and not part.person:
        what = "blocks" if part.action == "block" else "acts on a whole campaign"
        tree.add_problem(
            path,
            f"`{part.name}` {what} without a person: nothing irreversible without a person",
            "Add `person: true` once somebody has approved it, or take a milder action.",
        )
    if hard and not part.reason.strip():
        tree.add_problem(
            (*path, "reason"), f"`{part.name}` gives no reason", "Say to the customer why, without naming evidence."
        )
    revealing_words = sorted(word for word in TELLING if word in part.reason.lower())
    if hard and revealing_words:
        tree.add_problem(
            (*path, "reason"),
            f"the reason of `{part.name}` tells what was recognised ({', '.join(revealing_words)})",
            "Leave it out.",
            note=True,
        )
    if isinstance(part, Rule):
        if part.limits is not None and part.action != "limit_features":
            tree.add_problem(
                (*path, "limits"), f"`limits` have no effect with {part.action}", "Take the action limit_features."
            )
        if part.action == "limit_features" and part.limits in {None, FeatureLimits()}:
            tree.add_problem(
                path,
                f"`{part.name}` limits features and names none",
                "Add `limits:` with n, logprobs, batch or max_tokens.",
            )
        if part.retry_after is not None and part.action != "throttle":
            tree.add_problem(
                (*path, "retry_after"), f"`retry_after` has no effect with {part.action}", "Take the action throttle."
            )
    if part.expires is not None and now is not None and part.expires <= now:
        tree.add_problem((*path, "expires"), f"`{part.name}` has expired", "Remove it, or give it a later time.")
    if part.percent == 0:
        tree.add_problem(
            (*path, "percent"), f"`{part.name}` is rolled out to nobody", "Raise `percent`, or remove it.", note=True
        )


def _check_test(tree: YamlTree, path: NodePath, test: PolicyTest, policy: Policy) -> None:
    for variable, fields in test.given.items():
        if variable not in FACTS:
            tree.add_problem(
                (*path, "given", variable), f"there is no `{variable}`", f"Facts are of {', '.join(FACTS)}."
            )
            continue
        for name, value in fields.items():
            at = (*path, "given", variable, name)
            if name not in FACTS[variable]:
                near = get_close_matches(name, list(FACTS[variable]), 1)
                mend = f"Did you mean `{near[0]}`?" if near else f"Known are {', '.join(FACTS[variable])}."
                tree.add_problem(at, f"{variable} has no `{name}`", mend)
            elif not _fits_type(value, FACTS[variable][name]):
                tree.add_problem(at, f"{variable}.{name} is {FACTS[variable][name]}", "Give a value of that kind.")
    names = [each.name for each in _list_rules_and_budgets(policy)]
    if test.rule is not None and test.rule not in names:
        near = get_close_matches(test.rule, names, 1)
        tree.add_problem(
            (*path, "rule"),
            f"there is no rule `{test.rule}`",
            f"Did you mean `{near[0]}`?" if near else "Name one of the policy's.",
        )


def _fits_type(value: Any, kind: str) -> bool:
    if kind == "list(string)":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(value, bool):
        return kind == "bool"
    return isinstance(value, _KINDS[kind]) or (kind == "double" and isinstance(value, int))
