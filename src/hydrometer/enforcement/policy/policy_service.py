"""Policies, what they would have done, and what people decide: the rooms `response` and `store` for every face."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from hydrometer.enforcement.policy.policy_reader import load_policy, read_policy, read_policy_text
from hydrometer.enforcement.policy.policy_tests import PolicyTestOutcome, run_tests

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract import Policy
    from hydrometer.enforcement.policy.yaml_tree import PolicyProblem

__all__ = ["check_policy", "load_or_example_policy", "read_example_policy", "run_policy_tests"]


def check_policy(file: Path, now: datetime) -> tuple[Policy | None, list[PolicyProblem]]:
    """Return the policy in `file`, None when it cannot be used, and everything that is wrong or worth knowing.

    Raises:
        InputError: the file cannot be read.
    """
    return read_policy(read_policy_text(file), now=now)


def run_policy_tests(file: Path, now: datetime) -> list[PolicyTestOutcome]:
    """Run the tests that a policy carries.

    Raises:
        InputError: the file cannot be read, or the policy cannot be used.
    """
    policy, _ = load_policy(file)
    return run_tests(policy, now.timestamp())


def read_example_policy() -> str:
    """The text of a policy that is good to begin with."""
    return files("hydrometer.enforcement.policy").joinpath("data/policy.yaml").read_text("utf-8")


def load_or_example_policy(file: Path | None) -> Policy:
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
