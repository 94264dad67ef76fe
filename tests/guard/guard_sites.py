"""A small site for the tests of the guard: one campaign, its members, its wording, its values."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from nacl.signing import SigningKey

from hydrometer.contract.decisions import (
    ModelRequest,
    SnapshotCampaign,
    SnapshotContent,
    SnapshotEntity,
    SnapshotTemplate,
    Verdict,
)
from hydrometer.contract.policy_schema import Budget, Policy, Rule
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.snapshots.snapshot_file import Snapshot, pack_snapshot, unpack_snapshot

KEY = SigningKey(bytes(range(32)))
NOW = 1_800_000_000.0
WORDING = tuple(range(-50, 50, 2))
"""Hashes of the campaign's wording."""

CAMPAIGNS = [SnapshotCampaign(id="HY-1", probability=0.97, accounts=50, harvested=4_000, active=True, actor="Lab")]
TEMPLATES = [SnapshotTemplate(id="T-1", campaign=0, hashes=WORDING, background=0.0)]
ENTITIES = [
    SnapshotEntity(kind="address", value="198.51.100.7", campaign=0, accounts=20, population=21),
    SnapshotEntity(kind="network", value="198.51.100.0/24", campaign=0, accounts=30, population=35),
    SnapshotEntity(kind="ja4", value="t13d-odd", campaign=0, accounts=40, population=44),
]


def rule(name: str, when: str, action: Any = "observe", **more: Any) -> Rule:
    return Rule(name=name, when=when, action=action, reason=f"because of {name}", **more)


def policy(*rules: Rule, budgets: tuple[Budget, ...] = (), mode: Any = "enforce") -> Policy:
    return Policy(
        version=1, mode=mode, appeal="https://provider.example/appeal", rules=list(rules), budgets=list(budgets)
    )


MEMBERS = policy(rule("members", "verdict.member && verdict.probability > 0.9", "block", person=True))


def verdicts(rules: Policy = MEMBERS, **more: Any) -> SnapshotContent:
    given: dict[str, Any] = {
        "version": "1",
        "created_at": NOW - 60,
        "expires_at": NOW + 3600,
        "policy": rules,
        "campaigns": CAMPAIGNS,
        "verdicts": [Verdict(subject="member", scope="account", campaign=0, probability=0.95)],
        "templates": TEMPLATES,
        "entities": ENTITIES,
        "population": 20_000,
        **more,
    }
    return SnapshotContent(**given)


def snapshot(rules: Policy = MEMBERS, **more: Any) -> Snapshot:
    return unpack_snapshot(pack_snapshot(verdicts(rules, **more), KEY), [KEY.verify_key])


def words(system: str, prompt: str) -> npt.NDArray[np.int64]:
    """Stands for the sketch: the numbers that a prompt is written in."""
    return np.unique(
        np.array([int(word) for word in f"{system} {prompt}".split() if word.lstrip("-").isdigit()], np.int64)
    )


def guard(rules: Policy = MEMBERS, **more: Any) -> DecisionPoint:
    return DecisionPoint(snapshot(rules, **more), words, case=lambda: "CASE")


def request(account: str, **more: Any) -> ModelRequest:
    return ModelRequest(account_id=account, **more)


HARVEST = " ".join(map(str, WORDING))
"""A prompt that carries the campaign's wording."""
