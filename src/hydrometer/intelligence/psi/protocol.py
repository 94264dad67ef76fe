"""Private matching: two sites learn which indicators both have, and nothing else of each other's but the sizes.

Diffie–Hellman private set intersection (Meadows 1986; Huberman, Franklin and Hogg 1999), for partners that keep to the protocol
(semi-honest); docs/matching.md says what each can learn, and what one that does not keep to it can.

Each site turns its items into points, raises them by a secret number of its own and sends them in the order of their bytes,
which says nothing. Each raises what came by its own number. A site that is to learn gets its own points back so raised,
in its own order, and looks for them among those that it raised itself: both numbers are in them, so equal items are equal
points, and the others are as random.

Before either list goes, each sends a digest of it: nobody makes a list out of the other's.
"""

from __future__ import annotations

import hashlib
import hmac
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import InputError
from hydrometer.intelligence.psi import ristretto as group
from hydrometer.intelligence.psi.item_list import MOST
from hydrometer.intelligence.psi.query_quota import QueryQuota, QuotaError
from hydrometer.intelligence.psi.secure_channel import LARGEST, ChannelError
from hydrometer.intelligence.psi.session_terms import (
    Learn,
    LocalRequest,
    MatchResult,
    SessionTerms,
    compute_padded_size,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.intelligence.psi.item_list import MatchItem
    from hydrometer.intelligence.psi.partner_file import Partner
    from hydrometer.intelligence.psi.query_quota import SessionLedger
    from hydrometer.intelligence.psi.secure_channel import SecureChannel, SessionRole

_PER_MESSAGE = LARGEST // group.SIZE
_SMALL = 1_024
"""Bytes of the largest message that holds no points."""
_MIRROR: dict[Learn, Learn] = {"both": "both", "us": "them", "them": "us"}
_GO = b"go"


def match_privately(
    channel: SecureChannel,
    role: SessionRole,
    partner: Partner,
    request: LocalRequest,
    ledger: SessionLedger,
    workers: group.PointWorkerPool,
) -> MatchResult:
    """Run a session over a channel.

    Raises:
        InputError: the sides want different things, the partner asks too much, breaks off or cheats where that shows.
    """
    ours = compute_padded_size(len(request.items)) if request.pad else len(request.items)
    channel.send(msgspec.json.encode(SessionTerms(ours, request.learn)))
    terms = _decode_terms(channel.receive(_SMALL))
    number, objection, public_reason = None, _find_objection(terms, request, partner), ""
    if objection is None:
        quota = None if request.learn == "us" else QueryQuota(partner.most_in_period, partner.period_days)
        try:
            number = ledger.begin(partner.name, theirs=terms.items, ours=ours, learn=request.learn, quota=quota)
        except QuotaError as error:
            # How much of the quota is left is ours to know.
            objection, public_reason = error, "too many items in too short a time"
    session = _ListExchange(channel, role, request, ours, terms.items)
    outcome = "failed"
    try:
        _confirm_terms(channel, objection, public_reason)
        shared = session.run(workers)
        outcome = "finished" if shared is None else f"finished, {len(shared)} shared"
    except InputError as error:
        outcome = f"failed: {error.problem}"
        raise
    finally:
        if number is not None:
            ledger.end(number, outcome, answered=session.answered)
    return MatchResult(partner=partner.name, ours=ours, theirs=terms.items, learn=request.learn, items=shared)


def _decode_terms(message: bytes) -> SessionTerms:
    try:
        return msgspec.json.decode(message, type=SessionTerms)
    except msgspec.DecodeError:
        raise ChannelError("the partner's terms cannot be read", mend="Ask your partner for its version.") from None


def _find_objection(terms: SessionTerms, request: LocalRequest, partner: Partner) -> InputError | None:
    if terms.learn != _MIRROR[request.learn]:
        return InputError(
            f"here --learn {request.learn}, there --learn {terms.learn}",
            mend="Agree with your partner: --learn both on both sides, or us on one and them on the other.",
        )
    if not 0 <= terms.items <= min(partner.most_items, MOST):
        return InputError(
            f"{terms.items:,} items, of at most {partner.most_items:,}",
            mend="Match less, or allow more in the partner's file.",
        )
    return None


def _confirm_terms(channel: SecureChannel, objection: InputError | None, public_reason: str) -> None:
    """Tell the partner whether we go on, and hear whether it does; raises InputError where one does not."""
    try:
        channel.send((public_reason or objection.problem).encode() if objection else _GO)
        verdict = channel.receive(_SMALL)  # also where we object: who closes first may cut off its own message
    except ChannelError as error:
        raise objection or error from None
    if objection:
        raise objection
    if verdict != _GO:
        why = verdict.decode("utf-8", "replace")[:200]
        raise InputError(f"the partner refuses: {why}", mend="Agree with your partner on sizes and on who learns.")


class _ListExchange:
    """The exchange of two lists, after both have agreed to it."""

    def __init__(
        self, channel: SecureChannel, role: SessionRole, request: LocalRequest, ours: int, theirs: int
    ) -> None:
        """`ours` and `theirs` count points, with those that fill up a list."""
        self._channel, self._role, self._request = channel, role, request
        self._ours, self._theirs = ours, theirs
        self.answered = False
        """Whether the partner may have learnt anything."""

    def run(self, workers: group.PointWorkerPool) -> tuple[MatchItem, ...] | None:
        """Return what both have, or None when we are not to learn it; raises ChannelError."""
        secret = group.draw_secret()
        points: list[tuple[bytes, MatchItem | None]] = [
            *zip(
                workers.mask_items(self._channel.session, self._request.items, secret), self._request.items, strict=True
            ),
            *((one, None) for one in workers.make_fillers(self._ours - len(self._request.items), secret)),
        ]
        points.sort(key=lambda pair: pair[0])
        sent = [one for one, _ in points]
        came = self._swap_lists(sent)
        try:
            answers = workers.raise_points(came, secret)
        except group.PointError:
            raise ChannelError("the partner sent what is no point", mend="Ask your partner.") from None
        back = self._swap_answers(answers)
        if back is None:
            return None
        shared = set(answers)
        return tuple(sorted(item for one, (_, item) in zip(back, points, strict=True) if item and one in shared))

    def _swap_lists(self, sent: list[bytes]) -> list[bytes]:
        """Send our list and return theirs, each promised before either goes."""
        other: SessionRole = "serve" if self._role == "join" else "join"
        self._channel.send(self._digest_points(self._role, sent))
        promised = self._channel.receive(_SMALL)
        # One after the other: two who both send and do not read would wait for each other.
        if self._role == "join":
            self._send_points(sent)
        came = self._receive_points(self._theirs)
        if self._role == "serve":
            self._send_points(sent)
        if not hmac.compare_digest(promised, self._digest_points(other, came)):
            raise ChannelError("the partner sent another list than it promised", mend="Ask your partner.")
        if any(one >= two for one, two in pairwise(came)):
            raise ChannelError("the partner's list is not in order, or repeats itself", mend="Ask your partner.")
        if not set(came).isdisjoint(sent):
            raise ChannelError("the partner sent our own points back as its list", mend="Ask your partner.")
        return came

    def _swap_answers(self, answers: list[bytes]) -> list[bytes] | None:
        """Give the partner its points and take ours, as far as each is to learn."""
        we, they = self._request.learn != "them", self._request.learn != "us"
        back = self._receive_points(self._ours) if we and self._role == "join" else None
        if they:
            self.answered = True
            self._send_points(answers)
        return self._receive_points(self._ours) if we and self._role == "serve" else back

    def _send_points(self, points: Sequence[bytes]) -> None:
        for first in range(0, len(points), _PER_MESSAGE):
            self._channel.send(b"".join(points[first : first + _PER_MESSAGE]))

    def _receive_points(self, count: int) -> list[bytes]:
        points: list[bytes] = []
        while len(points) < count:
            expected = min(count - len(points), _PER_MESSAGE) * group.SIZE
            message = self._channel.receive(expected)
            if len(message) != expected:
                raise ChannelError("the partner sent a shorter list than it told", mend="Ask your partner.")
            points += [message[at : at + group.SIZE] for at in range(0, expected, group.SIZE)]
        return points

    def _digest_points(self, role: SessionRole, points: Sequence[bytes]) -> bytes:
        return hashlib.sha256(b"".join((self._channel.session, role.encode(), *points))).digest()
