"""Accounts that were recognised as a campaign's next ones, and what each shared with which campaign so far.

An account shows its address in one request and its wording in another: what speaks is gathered over its requests.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from hydrometer.guard.columns import Holding

if TYPE_CHECKING:
    from hydrometer.guard.going import Going
    from hydrometer.guard.recognition import Shared, Successor

MOST = 65_536
"""Accounts that are remembered; the one that was new longest ago makes room."""
MOST_SHARED = 16
"""Shared values that are remembered of one account."""


class _Suspect:
    __slots__ = ("campaign", "shared", "successor", "until", "version")

    def __init__(self) -> None:
        self.shared: list[Shared] = []
        self.successor: Successor | None = None
        self.campaign, self.version, self.until = "", "", 0.0


class Suspects:
    """Remembers suspects in bounded memory."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.known: OrderedDict[str, _Suspect] = OrderedDict()
        """By account."""

    def __len__(self) -> int:
        return len(self.known)

    def successor(self, going: Going, account: str, shared: list[Shared], now: float) -> Holding | None:
        """Return what is suspected of an account after one more request."""
        suspect = self.known.get(account)
        if suspect is not None and (now >= suspect.until or suspect.version != going.snapshot.version):
            # Places of campaigns are those of one snapshot; another one was made with later knowledge.
            del self.known[account]
            suspect = None
        if shared:
            suspect = self._noted(going, suspect, shared, now)
            if account not in self.known:
                if len(self.known) >= self._most:
                    self.known.popitem(last=False)
                if len(account) <= 256:
                    self.known[account] = suspect
        found = suspect.successor if suspect is not None else None
        if found is None:
            return None
        return Holding(found.campaign, found.probability, reviewed=False, successor=True, why=f"successor: {found.why}")

    def _noted(self, going: Going, suspect: _Suspect | None, shared: list[Shared], now: float) -> _Suspect:
        if suspect is None:
            suspect = _Suspect()
            suspect.version = going.snapshot.version
        new = [found for found in shared if found not in suspect.shared]
        suspect.shared += new[: MOST_SHARED - len(suspect.shared)]
        suspect.until = now + going.snapshot.recognition.remember_seconds
        if new:
            found = going.recogniser.judge(suspect.shared)
            before = suspect.successor
            if found is not None and (before is None or found.probability > before.probability):
                suspect.successor = found
        return suspect
