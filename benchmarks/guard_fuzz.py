"""Two million requests that no client should send, through the guard in one process: bodies, senders, sketches, decisions.

    python benchmarks/guard_fuzz.py --requests 2000000 --seed 1

Bodies are cut off, bent, nested, oversized, of the wrong types or the wrong bytes; senders have names, addresses and
clients of any length and letters; envelopes, tools and batches come by the hundred. Whatever happens is drawn from the
seed, so that a failure can be had again. It ends with status 1 on the first exception, or when memory grew.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from nacl.signing import SigningKey

from hydrometer.contract.decisions import SnapshotCampaign, SnapshotContent, SnapshotEntity, SnapshotTemplate, Verdict
from hydrometer.contract.policy_schema import LADDER, Budget, Policy, Rule
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.enforcement.guard.client_identity import ClientIdentity
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.guard.request_parser import parse_bodies
from hydrometer.enforcement.snapshots.snapshot_file import pack_snapshot, unpack_snapshot
from hydrometer.fingerprint import SiteKey
from hydrometer.fingerprint.online_sketcher import OnlineSketcher

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_800_000_000.0
MOST_BYTES = 1 << 16
GROWTH_MB = 200.0
"""By how much memory may grow between a tenth of the requests and all of them."""

FIELDS = [
    *[
        "model",
        "messages",
        "input",
        "prompt",
        "system",
        "instructions",
        "tools",
        "n",
        "max_tokens",
        "max_completion_tokens",
        "logprobs",
        "top_logprobs",
        "stream",
        "include",
        "reasoning",
        "reasoning_effort",
        "thinking",
        "conversation",
        "metadata",
        "requests",
        "role",
        "content",
        "type",
        "text",
        "signature",
        "data",
        "encrypted_content",
        "name",
        "function",
        "params",
        "body",
    ]
]
TEXTS = [
    "",
    "a",
    "user",
    "system",
    "text",
    "thinking",
    "\u0000",
    "\ud83d\ude00" * 9,
    "ß" * 50,
    "x" * 3_000,
    "{}",
    "null",
    "−∞",
]
TEXTS += [
    "redacted_thinking",
    "E" * 200,
    "word " * 400,
    "\u202e",
    "'; DROP TABLE",
    "${jndi:ldap://x}",
    "<script>",
    "%00",
    "\n",
]
NUMBERS = [0, 1, -1, 2**31, 2**63, -(2**63), 1.5, 1e308, 5e-324]
ADDRESSES = [
    "",
    "192.0.2.1",
    "198.51.100.7",
    "2001:db8::1",
    "::",
    ":" * 400,
    "999.999.999.999",
    "1.2.3",
    "a" * 5_000,
    "\u0000",
]


def site() -> DecisionPoint:
    """A guard with everything switched on."""
    rules = [
        Rule(name="member", when="verdict.member", action="block", reason="r", person=True),
        Rule(
            name="many", when="request.n > 4 || size(request.tools) > 3", action="throttle", reason="r", retry_after=1
        ),
        Rule(name="odd", when="1 / (request.turns - 1) > 0", action="observe", reason="r"),
        Rule(name="agent", when="request.user_agent.startsWith('x')", action="observe", reason="r"),
        Rule(name="words", when="request.words > 100 && request.model != ''", action="observe", reason="r"),
        Rule(name="replay", when="request.replayed", action="withhold_reasoning", reason="r"),
        Rule(name="near", when="request.resembles > 0.2", action="verify", reason="r", percent=50),
    ]
    over: tuple[Any, ...] = ("account", "address", "network", "campaign", "template", "organisation")
    budgets = [Budget(name=f"by-{name}", over=name, requests=50, seconds=60) for name in over]
    verdicts = SnapshotContent(
        version="fuzz",
        created_at=NOW - 1,
        expires_at=NOW + 1e9,
        policy=Policy(version=1, mode="enforce", appeal="https://x", rules=rules, budgets=budgets),
        campaigns=[SnapshotCampaign(id="c", probability=0.9, accounts=9, harvested=9, active=True)],
        verdicts=[Verdict(subject="a1", scope="account", campaign=0, probability=0.9)],
        templates=[SnapshotTemplate(id="t", campaign=0, hashes=tuple(range(-40, 40)), background=0.0)],
        entities=[SnapshotEntity(kind="address", value="198.51.100.7", campaign=0, accounts=3, population=3)],
        population=1_000,
    )
    key = SigningKey(bytes(32))
    sketch = OnlineSketcher(FingerprintSettings(), SiteKey(bytes(16)), most=4_096)
    return DecisionPoint(unpack_snapshot(pack_snapshot(verdicts, key), [key.verify_key]), sketch)


def value(rng: random.Random, depth: int) -> Any:
    """Any JSON value."""
    kind = rng.random()
    if depth <= 0 or kind < 0.45:
        return rng.choice((rng.choice(TEXTS), rng.choice(NUMBERS), None, True, False))
    if kind < 0.7:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(FIELDS): value(rng, depth - 1) for _ in range(rng.randrange(5))}


def shaped(rng: random.Random) -> dict[str, Any]:
    """A body that is nearly right, with some of its values replaced."""
    body: dict[str, Any] = {
        "model": "m",
        "messages": [
            {"role": "system", "content": rng.choice(TEXTS)},
            {"role": "user", "content": [{"type": "text", "text": rng.choice(TEXTS)}]},
            {"role": "assistant", "content": [{"type": "thinking", "signature": "S" * rng.randrange(200)}]},
        ],
        "n": rng.choice(NUMBERS),
        "tools": [{"type": "function", "function": {"name": rng.choice(TEXTS)}} for _ in range(rng.randrange(6))],
    }
    if rng.random() < 0.1:
        body["messages"][rng.randrange(3)] = value(rng, 2)
    for name in rng.sample(FIELDS, rng.randrange(4)):
        body[name] = value(rng, 3)
    return body


def dumped(body: Any) -> bytes:
    """JSON of a value; what JSON has no word for as Python writes it."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode("utf-8", "replace")


def whole(rng: random.Random) -> bytes:
    """Well-formed JSON."""
    return dumped(shaped(rng) if rng.random() < 0.7 else value(rng, 5))


def bent(rng: random.Random) -> bytes:
    """JSON with bytes cut off, changed, doubled or put in."""
    body = bytearray(dumped(shaped(rng)))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(body) + 1)
        how = rng.randrange(4)
        if how == 0:
            del body[at:]
        elif how == 1:
            body[at:at] = rng.randbytes(rng.randrange(8))
        elif how == 2:
            body[at : at + rng.randrange(9)] = b""
        else:
            body += body[at:]
    return bytes(body[: 4 * MOST_BYTES])


def deep(rng: random.Random) -> bytes:
    """Brackets in brackets."""
    return rng.choice((b"[", b'{"messages":', b'{"content":[', b'[{"a":')) * rng.randrange(1, 3_000)


def heavy(rng: random.Random) -> bytes:
    """A great many of something."""
    size = rng.randrange(1, 2_000)
    made: list[Any] = [
        {"messages": [{"role": "user", "content": "q"}] * size},
        {"messages": [], "tools": [{"name": "t" * rng.randrange(200)}] * size},
        {
            "messages": [
                {"role": "assistant", "content": [{"type": "thinking", "signature": f"{n:090d}"} for n in range(size)]}
            ]
        },
        {"requests": [{"params": shaped(rng)} for _ in range(size % 50)]},
        {"prompt": ["x"] * size},
        {"prompt": "word " * size * 8},
        {"input": [[]] * size},
    ]
    return dumped(rng.choice(made))


def noise(rng: random.Random) -> bytes:
    """Any bytes."""
    return rng.randbytes(rng.randrange(200))


def sender(rng: random.Random) -> ClientIdentity:
    """Whoever."""
    return ClientIdentity(
        account_id=rng.choice((f"a{rng.randrange(10**6)}", "a1", rng.choice(TEXTS))),
        organisation=rng.choice(("", "", f"o{rng.randrange(1_000)}", rng.choice(TEXTS))),
        channel=rng.choice(("api", rng.choice(TEXTS))),
        client_ip=rng.choice(
            (f"203.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}", rng.choice(ADDRESSES))
        ),
        asn=rng.choice((0, 64_500, -1, 2**70)),
        user_agent=rng.choice((f"client/{rng.randrange(10**5)}", rng.choice(TEXTS))),
        ja4=rng.choice(("", rng.choice(TEXTS))),
        conversation=rng.choice(("", rng.choice(TEXTS))),
    )


KINDS: tuple[tuple[float, Callable[[random.Random], bytes]], ...] = (
    (0.55, whole),
    (0.30, bent),
    (0.08, noise),
    (0.04, deep),
    (0.03, heavy),
)


def fuzz(requests: int, seed: int, told: Callable[[int], None] | None = None) -> Counter[str]:
    """Send so many bodies; return how often each action, and each reason for not reading a body, came up.

    Any exception is the finding.
    """
    rng = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    guard, seen = site(), Counter[str]()
    makers, weights = [make for _, make in KINDS], [share for share, _ in KINDS]
    for number in range(requests):
        body, who = rng.choices(makers, weights)[0](rng), sender(rng)
        now = NOW + number / 200 + rng.choice((0, 0, 0, -100, 5_000))
        for request in parse_bodies(body, who, most_bytes=MOST_BYTES, most_batch=20):
            decision = guard.decide(request, now)
            if decision.action not in LADDER or (decision.action != "allow") != bool(decision.case):
                raise AssertionError(f"an impossible decision: {decision}")
            seen[decision.action] += 1
            seen[f"unread: {request.unread}" if request.unread else "read"] += 1
        if told is not None:
            told(number)
    return seen


def resident_mb() -> float:
    """Memory that the process holds (Linux only)."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1e3
    return 0.0


def main() -> int:
    """Fuzz, and say what came out."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--requests", type=int, default=2_000_000)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    marks: dict[int, float] = {}

    def told(number: int) -> None:
        if (number + 1) % max(1, asked.requests // 10) == 0:
            marks[number + 1] = resident_mb()
            print(f"{number + 1:,} bodies, {marks[number + 1]:.0f} MB", flush=True)

    begun = time.process_time()
    seen = fuzz(asked.requests, asked.seed, told)
    for name, count in sorted(seen.items()):
        print(f"{count:>12,}  {name}")
    grown = max(marks.values()) - min(marks.values())
    print(f"{asked.requests:,} bodies in {time.process_time() - begun:.0f} CPU seconds, memory grew by {grown:.0f} MB")
    return int(grown > GROWTH_MB)


if __name__ == "__main__":
    sys.exit(main())
