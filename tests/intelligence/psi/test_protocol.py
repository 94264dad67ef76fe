"""Private matching: what both have is found, nothing else can be told, and who does not keep to the protocol is left."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import rbcl
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.matching_sites import KEY, Side, items, meet
from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.errors import InputError
from hydrometer.intelligence.psi import protocol, secure_channel
from hydrometer.intelligence.psi import ristretto as group
from hydrometer.intelligence.psi.item_list import MatchItem
from hydrometer.intelligence.psi.partner_file import Partner
from hydrometer.intelligence.psi.secure_channel import AuthenticationError, ChannelError, SecureChannel
from hydrometer.intelligence.psi.session_terms import Learn, LocalRequest, compute_padded_size

if TYPE_CHECKING:
    from collections.abc import Callable

MIRROR: dict[Learn, Learn] = {"both": "both", "us": "them", "them": "us"}
LISTS = st.sets(st.tuples(st.sampled_from(["device", "asn", "ja4"]), st.text(max_size=5)), max_size=12)


def sides(
    folder: Path, ours: tuple[MatchItem, ...], theirs: tuple[MatchItem, ...], learn: Learn = "both", **more: Any
) -> Any:
    joining = Side(folder, "join", LocalRequest(items=ours, learn=learn, pad=more.pop("pad", False)))
    return joining, Side(folder, "serve", LocalRequest(items=theirs, learn=MIRROR[learn]), **more)


@settings(max_examples=30)
@given(LISTS, LISTS, st.sampled_from(["both", "us", "them"]), st.booleans())
def test_both_learn_exactly_what_both_have(one: Any, two: Any, learn: Learn, pad: bool) -> None:
    ours, theirs = (tuple(sorted(MatchItem(*pair) for pair in pairs)) for pairs in (one, two))
    shared = tuple(sorted(set(ours) & set(theirs)))
    with TemporaryDirectory() as folder:
        join, serve = meet(*sides(Path(folder), ours, theirs, learn, pad=pad))
    assert join.items == (None if learn == "them" else shared)
    assert serve.items == (None if learn == "us" else shared)
    assert serve.theirs == join.ours == (compute_padded_size(len(ours)) if pad else len(ours))


def test_the_same_value_of_another_kind_is_another_item(tmp_path: Path) -> None:
    join, _ = meet(*sides(tmp_path, items(["7"], "asn"), items(["7"], "device")))
    assert join.items == ()


def test_a_value_is_another_point_in_every_session_and_kind() -> None:
    sessions = (b"\0" * 32, b"\1" * 32)
    several = [
        MatchItem(EntityKind.DEVICE, "x"),
        MatchItem(EntityKind.PHONE, "x"),
        MatchItem(EntityKind.DEVICE, "y"),
        MatchItem(EntityKind.BIN, "x"),
    ]
    assert len({group.hash_to_point(session, item) for session in sessions for item in several}) == 8


def test_long_lists_go_in_several_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_PER_MESSAGE", 16)
    monkeypatch.setattr(group, "BATCH", 7)
    join, serve = meet(*sides(tmp_path, items(range(100)), items(range(50, 133))))
    assert join.items == serve.items == items(range(50, 100))


def test_who_looks_on_tells_nothing_and_a_partner_only_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sessions differ in one item that is not shared: the partner sees messages of the same lengths, of points of which it
    can recognise neither by hashing, nor with its own number, any but those that it has itself."""
    seen: list[list[bytes]] = []
    numbers: list[bytes] = []
    sessions: list[bytes] = []
    receive, number, begin = SecureChannel.receive, group.draw_secret, SecureChannel.__init__

    def listening(self: SecureChannel, most: int = secure_channel.LARGEST) -> bytes:
        message = receive(self, most)
        if threading.current_thread().name == "curious":
            seen[-1].append(message)
        return message

    def remembering() -> bytes:
        found = number()
        if threading.current_thread().name == "curious":
            numbers.append(found)
        return found

    def knowing(self: SecureChannel, *args: Any, **more: Any) -> None:
        begin(self, *args, **more)
        sessions.append(self.session)

    monkeypatch.setattr(SecureChannel, "receive", listening)
    monkeypatch.setattr(SecureChannel, "__init__", knowing)
    monkeypatch.setattr(group, "draw_secret", remembering)
    lengths = []
    common = items(f"c{n}" for n in range(20))
    for secret in ("alpha", "omega"):
        seen.append([])
        one, two = socket.socketpair()
        curious = Side(tmp_path, "serve", LocalRequest(items=common + items(["mine"])))
        honest = Side(tmp_path, "join", LocalRequest(items=tuple(sorted(common[:7] + items([secret])))))
        outcome: list[Any] = []
        thread = threading.Thread(
            target=lambda side=curious, end=two, into=outcome: into.append(side.run(end)), name="curious"
        )
        thread.start()
        honest.run(one)
        thread.join()
        assert outcome[0].items == common[:7]
        assert honest.tapped
        lengths.append([len(data) for data in honest.tapped.sent])
        masked = b"".join(message for message in seen[-1] if len(message) == 32 * 8)
        points = [masked[at : at + 32] for at in range(0, len(masked), 32)]
        back = b"".join(message for message in seen[-1] if len(message) == 32 * 21)
        assert len(points) == 8
        assert all(rbcl.crypto_core_ristretto255_is_valid_point(point) for point in points)
        known = set(points) | {back[at : at + 32] for at in range(0, len(back), 32)}
        for guess in items(["alpha", "omega", "c0", "mine"]):
            bare = group.hash_to_point(sessions[-1], guess)
            assert bare not in known
            # What the partner can make of a guess with its own numbers meets nothing that it was sent.
            assert not {group.raise_point(bare, own) for own in numbers} & known
        seen[-1] = points
    assert lengths[0] == lengths[1]
    assert not set(seen[0]) & set(seen[1])


def test_a_partner_with_another_key_learns_nothing_but_that(tmp_path: Path) -> None:
    stranger = Partner(name="them", key="cd" * 32)
    join, serve = meet(*sides(tmp_path, items(range(3)), items(range(3)), partner=stranger))
    assert isinstance(join, AuthenticationError)
    assert isinstance(serve, AuthenticationError)
    assert "shared key" in join.problem or "closed" in join.problem or "gone" in join.problem
    assert not Side(tmp_path, "join", LocalRequest(items=())).ledger.sessions()


def test_sides_that_want_different_things_end_before_any_point(tmp_path: Path) -> None:
    for ours, theirs in itertools.product(["both", "us", "them"], repeat=2):
        if MIRROR[ours] == theirs:  # type: ignore[index]
            continue
        join = Side(tmp_path, "join", LocalRequest(items=items(range(3)), learn=ours))  # type: ignore[arg-type]
        serve = Side(tmp_path, "serve", LocalRequest(items=items(range(3)), learn=theirs))  # type: ignore[arg-type]
        assert all(isinstance(one, InputError) and "--learn" in str(one) for one in meet(join, serve))
        assert join.tapped
        assert len(join.tapped.sent) == 3


def test_a_list_that_is_too_long_is_refused_by_number_and_both_say_so(tmp_path: Path) -> None:
    narrow = Partner(name="them", key=KEY, most_items=2)
    join, serve = meet(*sides(tmp_path, items(range(3)), items(range(3)), partner=narrow))
    assert "3 items, of at most 2" in str(serve)
    assert "partner refuses: 3 items" in str(join)


def test_the_quota_ends_enumeration(tmp_path: Path) -> None:
    narrow = Partner(name="them", key=KEY, most_in_period=10)

    def ask(values: range, learn: Learn = "both") -> tuple[Any, Any]:
        return meet(*sides(tmp_path, items(values), items(range(100)), learn, partner=narrow))

    assert ask(range(6))[0].items == items(range(6))
    assert ask(range(200, 205), "them")[1].items == ()  # we learn, they do not: nothing is counted
    assert "6 items after 6" in str(ask(range(6, 12))[1])
    assert ask(range(6, 10))[0].items == items(range(6, 10))
    refused = ask(range(10, 11))
    assert all(isinstance(one, InputError) for one in refused)
    assert "too many" in str(refused[0])
    ledger = Side(tmp_path, "serve", LocalRequest(items=())).ledger
    assert [(one.theirs, one.counted, one.outcome) for one in ledger.sessions()] == [
        (6, True, "finished, 6 shared"),
        (5, False, "finished, 0 shared"),
        (4, True, "finished, 4 shared"),
    ]


def test_nothing_counts_that_broke_off_before_an_answer_and_all_that_broke_off_after(tmp_path: Path) -> None:
    for last, counted in ((3, False), (6, True)):
        join, serve = sides(tmp_path, items(range(3)), items(range(3)))
        join.change = lambda number, data, last=last: None if number == last else data
        meet(join, serve)
        assert serve.ledger.sessions()[-1].counted is counted


def run_whole(folder: Path) -> int:
    """How many sendings a session of the joining side has."""
    join, serve = sides(folder, items(range(3)), items(range(2, 5)))
    meet(join, serve)
    assert join.tapped
    return len(join.tapped.sent)


def test_a_session_has_six_messages_a_side(tmp_path: Path) -> None:
    assert run_whole(tmp_path) == 6


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("role", ["join", "serve"])
def test_a_partner_that_goes_away_at_any_step_is_told(tmp_path: Path, number: int, role: str) -> None:
    join, serve = sides(tmp_path, items(range(3)), items(range(2, 5)))
    leaving, staying = (join, serve) if role == "join" else (serve, join)
    leaving.change = lambda at, data: None if at == number else data
    outcomes = dict(zip(("join", "serve"), meet(join, serve), strict=True))
    left = outcomes["serve" if role == "join" else "join"]
    last = number == 5
    assert isinstance(outcomes[role], ChannelError)
    if role == "join" and last:
        assert isinstance(left, ChannelError)
    elif isinstance(left, Exception):
        assert isinstance(left, ChannelError)
        assert "closed" in left.problem or "gone" in left.problem
    assert staying.tapped


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("where", ["first", "middle", "last"])
@pytest.mark.parametrize("role", ["join", "serve"])
def test_a_changed_byte_is_noticed(tmp_path: Path, number: int, where: str, role: str) -> None:
    def changed(at: int, data: bytes) -> bytes:
        if at != number:
            return data
        place = {"first": 0, "middle": len(data) // 2, "last": len(data) - 1}[where]
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    join, serve = sides(tmp_path, items(range(3)), items(range(2, 5)))
    (join if role == "join" else serve).change = changed
    reader = meet(join, serve)[1 if role == "join" else 0]
    assert isinstance(reader, ChannelError)


def test_a_message_that_is_repeated_or_left_out_is_noticed(tmp_path: Path) -> None:
    changes: list[Callable[[int, bytes], bytes]] = [
        lambda at, data: data * 2 if at == 2 else data,
        lambda at, data: b"" if at == 2 else data,
    ]
    for change in changes:
        join, serve = sides(tmp_path, items(range(3)), items(range(3)))
        join.change = change
        assert any(isinstance(one, ChannelError) for one in meet(join, serve))


def test_a_message_of_another_session_is_noticed(tmp_path: Path) -> None:
    first = sides(tmp_path, items(range(3)), items(range(3)))
    meet(*first)
    join, serve = sides(tmp_path, items(range(3)), items(range(3)))
    join.change = lambda at, data: first[0].tapped.sent[at] if at == 3 else data
    assert isinstance(meet(join, serve)[1], ChannelError)


class Cheat:
    """A partner with the right key that sends what it likes in the place of its list."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch

    def sends(self, make: Callable[[list[bytes]], list[bytes]], *, promised: bool) -> None:
        """Change the list of the side that joins, before or after it is promised."""
        lists = protocol._ListExchange._swap_lists
        give = protocol._ListExchange._send_points

        def cheating(self: Any, sent: list[bytes]) -> list[bytes]:
            return lists(self, make(sent) if self._role == "join" and promised else sent)

        def giving(self: Any, points: list[bytes]) -> None:
            give(self, make(points) if self._role == "join" and not promised and not self.answered else points)

        self.patch.setattr(protocol._ListExchange, "_swap_lists", cheating)
        self.patch.setattr(protocol._ListExchange, "_send_points", giving)


@pytest.mark.parametrize(
    ("make", "promised", "said"),
    [
        (lambda sent: [b"\0" * 32, *sent[1:]], True, "no point"),
        (lambda sent: [*sent[:-1], b"\xff" * 32], True, "no point"),
        (lambda sent: [*sent[:-1], sent[-2]], True, "not in order"),
        (lambda sent: sent[::-1], True, "not in order"),
        (lambda sent: sent[::-1], False, "promised"),
        (lambda sent: sent[:-1], False, "shorter"),
        (lambda sent: [*sent, b"\1" * 32], False, "of at most"),
    ],
)
def test_lists_that_no_honest_partner_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any, promised: bool, said: str
) -> None:
    Cheat(monkeypatch).sends(make, promised=promised)
    join, serve = sides(tmp_path, items(range(5)), items(range(5)))
    assert said in str(meet(join, serve)[1])
    assert not serve.ledger.sessions()[-1].counted


def test_our_own_points_are_no_list_of_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, list[bytes]] = {}
    session = protocol._ListExchange

    def known(self: Any, role: str, points: list[bytes]) -> bytes:
        return b"promise"

    def reflecting(self: Any, points: list[bytes]) -> None:
        held.setdefault(self._role, points)
        give(self, held["join"] if self._role == "serve" else points)

    give = session._send_points
    monkeypatch.setattr(session, "_digest_points", known)  # else the promise gives it away
    monkeypatch.setattr(session, "_send_points", reflecting)
    join, _ = meet(*sides(tmp_path, items(range(5)), items(range(5, 10))))
    assert "our own points" in str(join)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n" + b" " * 200,
        b"hydrometer match 1\1" + b"\0" * 64,
        b"hydrometer match 1\1" + b"\xff" * 64,
        b"hydrometer match 1\2" + b"\1" * 64,
        b"hydrometer match 1\1" + b"\1" * 32 + group.derive_public_key(group.draw_secret()) + struct.pack(">I", 2**31),
        b"hydrometer match 1\1"
        + b"\1" * 32
        + group.derive_public_key(group.draw_secret())
        + struct.pack(">I", 3)
        + b"abc",
    ],
)
def test_strangers_are_sent_away(tmp_path: Path, data: bytes) -> None:
    one, two = socket.socketpair()
    with one:
        one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        outcome = Side(tmp_path, "serve", LocalRequest(items=items(range(3)))).run(two)
    assert isinstance(outcome, AuthenticationError)


MESSAGES = st.lists(
    st.binary(max_size=100)
    | st.sampled_from([b"go", b'{"items":2,"learn":"both"}', b'{"items":0,"learn":"both"}', b"\0" * 32, b"\1" * 64])
    | st.binary(min_size=64, max_size=64),
    max_size=8,
)


@settings(max_examples=60)
@given(MESSAGES, st.booleans())
def test_whatever_a_partner_with_the_key_sends_the_session_ends_in_order(messages: list[bytes], well: bool) -> None:
    """Also after terms and a `go` that are as they should be."""
    one, two = socket.socketpair()
    with TemporaryDirectory() as folder, one, ThreadPoolExecutor(1) as threads:
        side = Side(Path(folder), "serve", LocalRequest(items=items(range(2))))
        serving = threads.submit(side.run, two)
        channel = SecureChannel(one, "join", side.partner.secret, 20.0)
        for message in [*([b'{"items":2,"learn":"both"}', b"go"] if well else []), *messages]:
            try:
                channel.send(message)
            except ChannelError:
                break
        one.shutdown(socket.SHUT_WR)
        outcome = serving.result()
        assert isinstance(outcome, InputError)
        assert not any(entry.counted for entry in side.ledger.sessions())


def test_a_partner_that_is_too_slow_is_left(tmp_path: Path) -> None:
    one, two = socket.socketpair()
    times = itertools.chain([0.0, 0.0], itertools.repeat(11.0))
    with one, two, pytest.raises(AuthenticationError, match="too slow"):
        SecureChannel(two, "serve", bytes(32), 600.0, clock=lambda: next(times))


def test_padding_is_a_power_of_two() -> None:
    assert [compute_padded_size(n) for n in (0, 1, 256, 257, 100_000, 999_999)] == [
        256,
        256,
        256,
        512,
        131_072,
        1_000_000,
    ]


def test_points_of_the_published_vectors() -> None:
    """RFC 9496, A.3: the map of 64 uniform bytes to a point is the group's own."""
    digest = bytes.fromhex(
        "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
        "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6"
    )
    assert (
        rbcl.crypto_core_ristretto255_from_hash(digest).hex()
        == "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"
    )
