"""Accounts that were recognised as a campaign's next ones, and what each shared with which campaign so far.

An account shows its address in one request and its wording in another: what speaks is gathered over its requests.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from hydrometer.guard.columns import Holding

if TYPE_CHECKING:
    from hydrometer.guard.going import Going
    from hydrometer.guard.recognition import Recogniser, Shared, Successor

MOST = 65_536
"""Accounts that are remembered; the one that was new longest ago makes room."""
MOST_SHARED = 16
"""Shared values that are remembered of one account."""
MOST_SPOKEN = 16
"""Short wordings that are counted of one account."""


class _Suspect:
    __slots__ = ("requests", "shared", "spoken", "successor", "until", "version")

    def __init__(self) -> None:
        self.shared: list[Shared] = []
        self.successor: Successor | None = None
        self.version, self.until = "", 0.0
        self.requests = 0
        """Since it first shared anything with a campaign."""
        self.spoken: dict[int, list[int]] = {}
        """By template: how many of them carried it, and the most hashes that one of them carried as `short` has them."""


class Suspects:
    """Remembers suspects in bounded memory."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.known: OrderedDict[str, _Suspect] = OrderedDict()
        """By account."""

    def __len__(self) -> int:
        return len(self.known)

    def successor(
        self, going: Going, account: str, shared: list[Shared], spoken: tuple[int, int], now: float
    ) -> Holding | None:
        """Return what is suspected of an account after one more request.

        shared: the values of it that campaigns are known by. spoken: the template that it carries, and how many hashes of
        it as `Recogniser.short` has them.
        """
        suspect = self.known.get(account)
        if suspect is not None and (now >= suspect.until or suspect.version != going.snapshot.version):
            # Places of campaigns are those of one snapshot; another one was made with later knowledge.
            del self.known[account]
            suspect = None
        if shared or spoken[1]:
            if suspect is None:
                suspect = _Suspect()
                suspect.version = going.snapshot.version
                if len(self.known) >= self._most:
                    self.known.popitem(last=False)
                if len(account) <= 256:
                    self.known[account] = suspect
            suspect.until = now + going.snapshot.recognition.remember_seconds
        if suspect is None:
            return None
        suspect.requests += 1
        if shared or spoken[1]:
            self._noted(going.recogniser, suspect, shared, *spoken)
        found = suspect.successor
        if found is None:
            return None
        return Holding(found.campaign, found.probability, reviewed=False, successor=True, why=f"successor: {found.why}")

    def _noted(
        self, recogniser: Recogniser, suspect: _Suspect, shared: list[Shared], template: int, short: int
    ) -> None:
        new = [found for found in shared if found not in suspect.shared]
        suspect.shared += new[: MOST_SHARED - len(suspect.shared)]
        several: list[Shared] = []
        if short and (template in suspect.spoken or len(suspect.spoken) < MOST_SPOKEN):
            spoken = suspect.spoken.setdefault(template, [0, 0])
            spoken[0] += 1
            spoken[1] = max(spoken[1], short)
            if len(suspect.spoken) > 1:
                several = recogniser.several(suspect.spoken, suspect.requests)
        if new or several:
            found = recogniser.judge([*several, *suspect.shared])
            before = suspect.successor
            if found is not None and (before is None or found.probability > before.probability):
                suspect.successor = found
