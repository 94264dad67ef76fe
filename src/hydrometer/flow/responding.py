"""Policies, what they would have done, and what people decide: the rooms `response` and `store` for every face."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from hydrometer.response.policy import load_policy, policy_text, read_policy
from hydrometer.response.policy_tests import Outcome, run_tests

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract.policy import Policy
    from hydrometer.response.policy_file import Problem

__all__ = ["check_policy", "example_policy", "tested", "understood"]


def check_policy(file: Path, now: datetime) -> tuple[Policy | None, list[Problem]]:
    """Return the policy in `file`, None when it cannot be used, and everything that is wrong or worth knowing.

    Raises:
        InputError: the file cannot be read.
    """
    return read_policy(policy_text(file), now=now)


def tested(file: Path, now: datetime) -> list[Outcome]:
    """Run the tests that a policy carries.

    Raises:
        InputError: the file cannot be read, or the policy cannot be used.
    """
    policy, _ = load_policy(file)
    return run_tests(policy, now.timestamp())


def example_policy() -> str:
    """The text of a policy that is good to begin with."""
    return files("hydrometer.response").joinpath("data/policy.yaml").read_text("utf-8")


def understood(file: Path | None) -> Policy:
    """Return the policy in `file`, or the example.

    Raises:
        InputError: the file cannot be read, or the policy cannot be used.
    """
    if file is not None:
        return load_policy(file)[0]
    policy, _ = read_policy(example_policy())
    if policy is None:
        raise ValueError("the example policy cannot be used")
    return policy
