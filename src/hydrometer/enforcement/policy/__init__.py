"""Policies: read, checked, tested, and compiled to what decides a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.enforcement.policy.policy_service import check_policy as check_policy
    from hydrometer.enforcement.policy.policy_service import load_or_example_policy as load_or_example_policy
    from hydrometer.enforcement.policy.policy_service import read_example_policy as read_example_policy
    from hydrometer.enforcement.policy.policy_service import run_policy_tests as run_policy_tests
    from hydrometer.enforcement.policy.policy_tests import PolicyTestOutcome as PolicyTestOutcome
    from hydrometer.enforcement.policy.yaml_tree import PolicyProblem as PolicyProblem
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
