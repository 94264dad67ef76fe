"""A signed snapshot with verdicts, keys and a site key in files, for tests that run the whole server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from hydrometer.contract.decisions import SnapshotAccount, SnapshotCampaign, SnapshotContent, Verdict
from hydrometer.contract.policy_schema import Budget, Policy, Rule
from hydrometer.enforcement.snapshots.snapshot_file import pack_snapshot

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGN = SnapshotCampaign(id="c1", probability=0.99, accounts=3, harvested=900, active=True)
RULES = [
    Rule(name="members", when="verdict.member && verdict.reviewed", action="block", reason="Refused by policy"),
    Rule(name="suspects", when="verdict.member && !verdict.reviewed", action="verify", reason="Please verify"),
]
BUDGETS = [Budget(name="each", over="account", requests=3, seconds=3600, when='account.plan == "free"')]


class Files:
    """What a server is started with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = SigningKey.generate()
        self.snapshot, self.public = folder / "snapshot", folder / "key.pub"
        self.public.write_text(bytes(self.key.verify_key).hex() + "\n")

    def write(self, version: str = "v1", *, seconds: float = 3600.0, blocked: tuple[str, ...] = ("bad",)) -> None:
        """Write a snapshot in which `blocked` are upheld members, `suspect` is one, and `free` has a budget of three."""
        now = time.time()
        verdicts = SnapshotContent(
            version=version,
            created_at=now,
            expires_at=now + seconds,
            policy=Policy(version=1, mode="enforce", appeal="https://example.org/appeal", rules=RULES, budgets=BUDGETS),
            campaigns=[CAMPAIGN],
            verdicts=[
                *(
                    Verdict(subject=name, scope="account", campaign=0, probability=0.99, reviewed=True)
                    for name in blocked
                ),
                Verdict(subject="suspect", scope="account", campaign=0, probability=0.9),
            ],
            accounts=[SnapshotAccount(id="free", plan="free")],
        )
        part = self.folder / "snapshot.partial"
        part.write_bytes(pack_snapshot(verdicts, self.key))
        part.replace(self.snapshot)
