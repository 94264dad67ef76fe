"""Accounts that were recognised as a campaign's next ones, and what each shared with which campaign so far.

An account shows its address in one request and its template in another: evidence is gathered over its requests.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from hydrometer.enforcement.snapshots.subject_table import SubjectVerdict

if TYPE_CHECKING:
    from hydrometer.enforcement.guard.compiled_snapshot import CompiledSnapshot
    from hydrometer.enforcement.snapshots.successor_recognition import (
        SharedValue,
        SuccessorJudgement,
        SuccessorRecogniser,
    )

MOST_SUSPECTS = 65_536
"""Accounts that are remembered; the one that was new longest ago makes room."""
MOST_SHARED = 16
"""Shared values that are remembered of one account."""
MOST_TEMPLATES = 16
"""Short templates that are counted of one account."""


class _SuspectedAccount:
    """An account that shared something with a campaign, and what it shared."""

    __slots__ = ("requests", "shared", "successor", "template_counts", "until", "version")

    def __init__(self) -> None:
        self.shared: list[SharedValue] = []
        self.successor: SuccessorJudgement | None = None
        self.version, self.until = "", 0.0
        self.requests = 0
        """Since it first shared anything with a campaign."""
        self.template_counts: dict[int, list[int]] = {}
        """By template: how many of them carried it, and the most hashes that one of them carried as `count_own_hashes` has them."""


class SuccessorTracker:
    """A memory of suspects, bounded."""

    def __init__(self, most: int = MOST_SUSPECTS) -> None:
        self._most = most
        self.suspects: OrderedDict[str, _SuspectedAccount] = OrderedDict()
        """By account."""

    def __len__(self) -> int:
        return len(self.suspects)

    def track(
        self,
        compiled: CompiledSnapshot,
        account: str,
        shared: list[SharedValue],
        carried_hashes: tuple[int, int],
        now: float,
    ) -> SubjectVerdict | None:
        """Return what is suspected of an account after one more request.

        shared: its values that campaigns are recognised by. carried_hashes: the template that it carries, and how many hashes
        of it as `SuccessorRecogniser.count_own_hashes` has them.
        """
        suspect = self.suspects.get(account)
        if suspect is not None and (now >= suspect.until or suspect.version != compiled.snapshot.version):
            # Positions of campaigns are those of one snapshot; another one was made with later knowledge.
            del self.suspects[account]
            suspect = None
        if shared or carried_hashes[1]:
            if suspect is None:
                suspect = _SuspectedAccount()
                suspect.version = compiled.snapshot.version
                if len(self.suspects) >= self._most:
                    self.suspects.popitem(last=False)
                if len(account) <= 256:
                    self.suspects[account] = suspect
            suspect.until = now + compiled.snapshot.recognition.remember_seconds
        if suspect is None:
            return None
        suspect.requests += 1
        if shared or carried_hashes[1]:
            self._add_evidence(compiled.recogniser, suspect, shared, *carried_hashes)
        judgement = suspect.successor
        if judgement is None:
            return None
        return SubjectVerdict(
            judgement.campaign, judgement.probability, reviewed=False, successor=True, why=f"successor: {judgement.why}"
        )

    def _add_evidence(
        self,
        recogniser: SuccessorRecogniser,
        suspect: _SuspectedAccount,
        shared: list[SharedValue],
        template: int,
        own_hashes: int,
    ) -> None:
        new = [value for value in shared if value not in suspect.shared]
        suspect.shared += new[: MOST_SHARED - len(suspect.shared)]
        combined: list[SharedValue] = []
        if own_hashes and (template in suspect.template_counts or len(suspect.template_counts) < MOST_TEMPLATES):
            counts = suspect.template_counts.setdefault(template, [0, 0])
            counts[0] += 1
            counts[1] = max(counts[1], own_hashes)
            if len(suspect.template_counts) > 1:
                combined = recogniser.evaluate_several_templates(suspect.template_counts, suspect.requests)
        if new or combined:
            judgement = recogniser.judge([*combined, *suspect.shared])
            before = suspect.successor
            if judgement is not None and (before is None or judgement.probability > before.probability):
                suspect.successor = judgement
