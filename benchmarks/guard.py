"""How long the guard takes to decide, and how long a snapshot of two million accounts takes to load.

    python benchmarks/guard.py --json

A request is a chat completion of 4 KB; the time is that of reading its body, sketching its texts and deciding, in one
process, by a policy of eight rules and four budgets, with 1,000 templates and 20,000 entities. Texts are 5,000 different ones.
Accounts are drawn from all two million and send five requests each, as the turns of a conversation; `new_accounts` has every request
from an account that was not seen before. A machine is never quite quiet: of several rounds, each with other accounts, the quietest is
told, and the medians of all.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import platform
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from nacl.signing import SigningKey

from hydrometer.contract.decisions import (
    SnapshotAccount,
    SnapshotCampaign,
    SnapshotContent,
    SnapshotEntity,
    SnapshotTemplate,
    Verdict,
)
from hydrometer.contract.policy_schema import Budget, FeatureLimits, Policy, Rule
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.enforcement.guard.client_identity import ClientIdentity
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.guard.request_parser import parse_bodies
from hydrometer.enforcement.snapshots.snapshot_file import pack_snapshot, unpack_snapshot
from hydrometer.fingerprint import SiteKey
from hydrometer.fingerprint.online_sketcher import OnlineSketcher

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NOW = 1_800_000_000.0
CAMPAIGNS, TEMPLATES, ENTITIES = 200, 1_000, 20_000
BODY = 4_096
TURNS = 5
GOAL = {"median_us": 30.0, "p99_us": 80.0, "load_seconds": 2.0, "load_mb": 500.0}


def policy() -> Policy:
    """A policy as a provider would have it: rules on verdicts, on successors, on requests, and budgets."""
    rule, budget = Rule, Budget
    return Policy(
        version=1,
        mode="enforce",
        appeal="https://provider.example/appeal",
        rules=[
            rule(
                name="upheld", when="verdict.member && verdict.reviewed", action="block", reason="on hold", person=True
            ),
            rule(name="likely", when="verdict.member && verdict.probability >= 0.95", action="verify", reason="verify"),
            rule(
                name="member-features",
                when="verdict.member",
                action="limit_features",
                reason="limited",
                limits=FeatureLimits(n=1, logprobs=False),
            ),
            rule(
                name="successor-reasoning",
                when="verdict.successor && verdict.probability > 0.6 && request.reasoning",
                action="withhold_reasoning",
                reason="limited",
            ),
            rule(
                name="young-and-many",
                when="account.age_days < 2.0 && account.verification == 'none' && request.n > 4",
                action="throttle",
                reason="slow down",
                retry_after=60,
            ),
            rule(name="replay", when="request.replayed", action="observe", reason="observed"),
            rule(
                name="shared-values",
                when="size(request.indicators) > 1 && !('distillation' in account.agreements)",
                action="observe",
                reason="observed",
            ),
            rule(name="batches", when="request.batch && verdict.successor", action="verify", reason="verify"),
        ],
        budgets=[
            budget(name="account", over="account", requests=100_000, seconds=3600),
            budget(name="campaign", over="campaign", requests=1_000, seconds=3600),
            budget(name="template", over="template", requests=1_000, seconds=3600),
            budget(name="network", over="network", requests=1_000_000, seconds=60),
        ],
    )


def verdicts(accounts: int, seed: int) -> SnapshotContent:
    """A site of so many accounts; one in a hundred is a member."""
    rng = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    numbers = np.random.default_rng(seed)
    plans, countries = ("free", "pro", "team", "enterprise"), ("DE", "FR", "SG", "US", "JP", "BR")
    known = [
        SnapshotAccount(
            id=f"acct_{number:08d}_{number * 2654435761 % 2**32:08x}",
            organisation=f"org-{number // 3}",
            plan=plans[number % 4],
            verification="card" if number % 3 else "none",
            country=countries[number % 6],
            created=int(NOW) - 3600 * (number % 20_000),
            agreements=("distillation",) if number % 1000 == 0 else (),
        )
        for number in range(accounts)
    ]
    return SnapshotContent(
        version=f"bench-{seed}",
        created_at=NOW - 60,
        expires_at=NOW + 86_400,
        policy=policy(),
        campaigns=[
            SnapshotCampaign(id=f"HY-{place:08x}", probability=0.95, accounts=500, harvested=90_000, active=True)
            for place in range(CAMPAIGNS)
        ],
        verdicts=[
            Verdict(subject=account.id, scope="account", campaign=rng.randrange(CAMPAIGNS), probability=rng.random())
            for account in known[::100]
        ],
        templates=[
            SnapshotTemplate(
                id=f"T{place:08x}",
                campaign=place % CAMPAIGNS,
                hashes=tuple(np.unique(numbers.integers(-(2**63), 2**63 - 1, 60)).tolist()),
                background=0.0,
            )
            for place in range(TEMPLATES)
        ],
        entities=[
            SnapshotEntity(
                kind=("address", "network", "ja4", "user_agent")[place % 4],
                value=f"198.18.{place // 256 % 256}.{place % 256}",
                campaign=place % CAMPAIGNS,
                accounts=20,
                population=25,
            )
            for place in range(ENTITIES)
        ],
        accounts=known,
        cleared=[account.id for account in known[50::10_000]],
        population=max(accounts, 100_000),
        sketch={"max_sketch": 256},
    )


def bodies(count: int, seed: int) -> list[bytes]:
    """Chat completions of BODY bytes, no two alike: a system prompt, a few turns, a question."""
    rng = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    words = ["".join(rng.choices(LETTERS, k=rng.randint(2, 10))) for _ in range(20_000)]
    made = []
    for _ in range(count):
        message = [
            {"role": "system", "content": " ".join(rng.choices(words, k=120))},
            {"role": "user", "content": "First question: " + " ".join(rng.choices(words, k=60))},
            {"role": "assistant", "content": " ".join(rng.choices(words, k=120))},
        ]
        body: dict[str, Any] = {
            "model": "large-2",
            "messages": [*message, {"role": "user", "content": ""}],
            "max_tokens": 1024,
            "temperature": 0.7,
            "stream": True,
            "tools": [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("search", "run")],
        }
        while len(json.dumps(body)) < BODY - 12:
            left = BODY - 12 - len(json.dumps(body))
            body["messages"][3]["content"] += (" ".join(rng.choices(words, k=max(1, left // 8))))[:left] + " "
        made.append(json.dumps(body).encode())
    return made


def measured(guard: DecisionPoint, requests: list[bytes], names: list[str]) -> list[float]:
    """Microseconds of each decision, body and sketch included."""
    clock = time.perf_counter_ns
    taken = []
    for place, body in enumerate(requests[: len(names)]):
        sender = ClientIdentity(
            account_id=names[place],
            client_ip=f"203.0.{place // 256 % 114}.{place % 256}",
            asn=64_500 + place % 20,
            user_agent="OpenAI/Python 2.3.0",
            ja4="t13d1516h2_8daaf6152771_b186095e22b6",
        )
        arrived = bytes(bytearray(body))  # a body has just been read from its connection
        begun = clock()
        guard.decide(parse_bodies(arrived, sender)[0], NOW + place / 1000)
        taken.append((clock() - begun) / 1e3)
    return taken


def load(path: str, public: bytes, results: Any) -> None:
    """Load a snapshot in a process of its own, and say what that took."""
    from nacl.signing import VerifyKey

    before = resident_mb()
    begun, spent = time.perf_counter(), time.process_time()
    snapshot = unpack_snapshot(Path(path).read_bytes(), [VerifyKey(public)])
    took, cpu = time.perf_counter() - begun, time.process_time() - spent
    names = [f"acct_{number:08d}_{number * 2654435761 % 2**32:08x}" for number in range(0, snapshot.accounts, 17)][
        :100_000
    ]
    begun = time.perf_counter()
    for name in names:
        snapshot.account(name)
    lookup = (time.perf_counter() - begun) / len(names) * 1e6
    results.put((took, cpu, peak_mb() - before, lookup, snapshot.accounts, snapshot.bytes))


def resident_mb() -> float:
    """Memory that the process holds."""
    return _status("VmRSS:")


def peak_mb() -> float:
    """Most memory that the process held."""
    return _status("VmHWM:")


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1e3
    return float("nan")


def main() -> None:
    """Measure, and print what came out."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--requests", type=int, default=20_000)
    options.add_argument("--accounts", type=int, default=2_000_000)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    key = SigningKey.generate()
    site = verdicts(asked.accounts, 1)
    names = [account.id for account in site.accounts]
    random.Random(3).shuffle(names)  # noqa: S311 -- repeatable, not secret
    del names[(asked.rounds + 1) * asked.requests :]
    begun = time.perf_counter()
    data = pack_snapshot(site, key)
    packed = time.perf_counter() - begun
    del site
    gc.collect()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "snapshot"
        file.write_bytes(data)
        del data
        context = multiprocessing.get_context("spawn")
        results = context.Queue()
        child = context.Process(target=load, args=(str(file), bytes(key.verify_key), results))
        child.start()
        load_seconds, load_cpu, load_mb, lookup_us, accounts, size = results.get()
        child.join()
        snapshot = unpack_snapshot(file.read_bytes(), [key.verify_key])
    guard = DecisionPoint(snapshot, OnlineSketcher(FingerprintSettings(), SiteKey(b"benchmark of 16b"), most=4_096))
    requests = bodies(min(asked.requests, 5_000), 2)
    sent = [requests[place % len(requests)] for place in range(asked.requests)]
    measured(guard, sent, names[: asked.requests])
    gc.collect()
    gc.freeze()
    rounds, strange = [], []
    for number in range(1, asked.rounds + 1):
        new = names[number * asked.requests : (number + 1) * asked.requests]
        strange.append(np.array(measured(guard, sent, new[: asked.requests // 2])))
        talking = new[asked.requests // 2 :][: asked.requests // TURNS] * TURNS
        random.Random(number).shuffle(talking)  # noqa: S311 -- repeatable, not secret
        rounds.append(np.array(measured(guard, sent, talking)))
    taken = min(rounds, key=lambda one: float(np.median(one)))
    cold = min(strange, key=lambda one: float(np.median(one)))
    told = {
        "median_us": round(float(np.median(taken)), 2),
        "p99_us": round(float(np.quantile(taken, 0.99)), 2),
        "p999_us": round(float(np.quantile(taken, 0.999)), 2),
        "rounds_median_us": [round(float(np.median(one)), 2) for one in rounds],
        "new_accounts_median_us": round(float(np.median(cold)), 2),
        "new_accounts_p99_us": round(float(np.quantile(cold, 0.99)), 2),
        "requests": asked.requests,
        "body_bytes": BODY,
        "load_seconds": round(load_seconds, 3),
        "load_cpu_seconds": round(load_cpu, 3),
        "load_mb": round(load_mb, 1),
        "lookup_us": round(lookup_us, 2),
        "accounts": accounts,
        "snapshot_mb": round(size / 1e6, 1),
        "pack_seconds": round(packed, 1),
        "goal": GOAL,
        "python": platform.python_version(),
    }
    if asked.json:
        print(json.dumps(told))
        return
    print(
        f"decision on {BODY:,} bytes: {told['median_us']} µs median, {told['p99_us']} µs p99, {told['p999_us']} µs p99.9"
    )
    print(f"{accounts:,} accounts: loaded in {load_seconds:.2f} s and {load_mb:.0f} MB, {lookup_us:.2f} µs a look-up")


if __name__ == "__main__":
    main()
