"""What a guard remembers between requests makes it faster and decides nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fixtures.guard_sites import HARVEST, NOW, guard, policy, request, rule
from hydrometer.contract.decisions import ModelRequest, SnapshotAccount
from hydrometer.contract.policy_schema import Budget, FeatureLimits
from hydrometer.enforcement.guard.compiled_snapshot import MOST_SHOWN, AccountState, RequestContext
from hydrometer.enforcement.policy.compiled_policy import PolicyMatches

RULES = policy(
    rule("members", "verdict.member && account.plan != 'team'", "block", person=True),
    rule("successors", "verdict.successor && request.n > 2", "verify"),
    rule("young", "account.age_days < 1.5 && request.n > 3", "throttle", retry_after=5),
    rule("values", "size(request.indicators) > 0", "limit_features", limits=FeatureLimits(n=1)),
    rule("place", "request.network == '192.0.2.0/24' && request.model == 'large'", "throttle", retry_after=9),
    rule("asn", "request.asn == 7 || request.unread != ''", "withhold_reasoning"),
    rule("half", "request.stream", "throttle", percent=50.0, retry_after=7),
    rule("replay", "request.replayed", "verify"),
    budgets=(
        Budget(name="account", over="account", requests=6, seconds=3600),
        Budget(name="network", over="network", when="!request.stream", requests=12, seconds=3600),
        Budget(name="successors", over="campaign", when="verdict.successor", requests=2, seconds=3600),
    ),
)
ACCOUNTS = [
    SnapshotAccount(id="young", created=int(NOW - 34.9 * 3600)),
    SnapshotAccount(id="old", created=int(NOW - 9e6), plan="team", organisation="org"),
]
ENVELOPE = "e" * 80

FIELDS: dict[str, tuple[Any, ...]] = {
    "account_id": ("new", "young", "old", "member"),
    "client_ip": ("203.0.113.9", "192.0.2.1", "192.0.2.2", "198.51.100.7"),
    "ja4": ("", "t13d-odd", "t13d-usual"),
    "model": ("large", "small"),
    "n": (1, 3, 4),
    "asn": (0, 7),
    "stream": (False, True),
    "prompt": ("", "1 2 3", HARVEST),
    "unread": ("", "field"),
    "envelopes": ((), (ENVELOPE,)),
    "conversation": ("", "c"),
}
changes = st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(FIELDS[name])))


@settings(max_examples=200)
@example([(("prompt", text), 0) for text in ("", HARVEST, "")])
@given(st.lists(st.tuples(changes, st.sampled_from([0, 0, 1, 400, 1_800])), max_size=40))
def test_what_was_seen_of_the_last_request_changes_no_decision(sent: list[tuple[tuple[str, Any], int]]) -> None:
    """Requests that differ from the last one in one thing are decided on as by a guard that remembers nothing of it."""
    more: dict[str, Any] = {"accounts": ACCOUNTS, "expires_at": NOW + 1e6}
    remembering, forgetful = guard(RULES, **more), guard(RULES, **more)
    now, fields = NOW, {name: values[0] for name, values in FIELDS.items()}
    for (name, value), pause in sent:
        now += pause
        fields[name] = value
        asked = ModelRequest(**fields)
        told = remembering.decide(asked, now)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AccountState, "remember", lambda *_: None)
            assert told == forgetful.decide(asked, now)
    assert remembering.counts == forgetful.counts


def test_what_reads_the_texts_is_looked_at_every_time() -> None:
    wordy = guard(policy(rule("words", "request.words > 3", "verify"), rule("tools", "'t' in request.tools", "verify")))
    assert wordy.decide(request("a", prompt="1 2"), NOW).action == "allow"
    assert wordy.decide(request("a", prompt="1 2 3 4 5"), NOW).action == "verify"
    assert wordy.decide(request("a", tools=("s", "t")), NOW).action == "verify"
    assert wordy.decide(request("a", prompt="1 2"), NOW).action == "allow"


def test_what_is_long_is_not_remembered() -> None:
    standing = AccountState({}, (), None, "", cleared=False, since=NOW)
    seen = RequestContext(None, "", PolicyMatches((), ()), ("a", "", "", "", "", ""), cacheable=True)
    standing.remember(("192.0.2.1", "x" * MOST_SHOWN), seen)
    assert not isinstance(standing.context, RequestContext)
    standing.remember(("192.0.2.1", 7, "x"), seen)
    assert standing.context is seen
    assert standing.context_key == ("192.0.2.1", 7, "x")
