"""Throws hostile requests at the HTTP gateway and says what came of them.

    python benchmarks/gateway_fuzz.py --requests 100000 --seed 1 --json

The guard's server runs as a process with a policy, verdicts and templates. Over real connections it gets requests that are
seeded: valid ones, cut, spliced and mutated bodies, hostile JSON, wrong types, forged and oversized headers, wrong methods
and addresses, broken HTTP, chunked and lying lengths. It must answer each with a status below 500 or, where what it got is
no HTTP, by closing; it must be alive and ready at the end; and it must not grow: `grown_mb` is what it holds more after the
second half than after the first.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from gateway import free_port, guard_command, started

PATHS = (
    ("POST", "/forward-auth", 8),
    ("GET", "/forward-auth/nginx", 2),
    ("POST", "/access/v1/evaluation", 5),
    ("POST", "/beta/litellm_basic_guardrail_api", 5),
    ("GET", "/healthz", 1),
    ("GET", "/readyz", 1),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, -(2**63), 1e308, 0.1, "", "a" * 5_000, "\ud83d\ude00", "\u202e\u0000", [], {}),
    *([[]] * 3, {"": ""}, ["a", 1, None], {"type": "text"}, {"role": "user", "content": "x"}, "[present]", "sk-none"),
)
NAMES = (
    *("model", "messages", "system", "prompt", "input", "instructions", "tools", "n", "max_tokens", "logprobs"),
    *("stream", "requests", "params", "body", "thinking", "reasoning", "include", "conversation", "content", "role"),
    *("subject", "action", "resource", "context", "id", "type", "name", "properties", "request", "ip_address", "asn"),
    *("input_type", "structured_messages", "texts", "request_data", "user_api_key_hash", "request_headers"),
)
HEADERS = (
    *("x-account-id", "x-organisation-id", "x-forwarded-for", "x-forwarded-uri", "x-original-uri", "x-ja4"),
    *("x-client-asn", "user-agent", "authorization", "x-request-id", "content-type", "anthropic-version", "x-channel"),
)
SECONDS = 30.0
"""Without an answer for so long, the server hangs."""


class Fuzz:
    """Makes requests, all of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 -- repeatable, not secret

    def request(self) -> bytes:
        """Return the bytes of one request, not always of HTTP."""
        chance = self.random
        kind = chance.random()
        if kind < 0.01:
            return chance.randbytes(chance.randrange(1, 300)) + b"\r\n\r\n"
        method, path, _ = chance.choices(PATHS, [weight for *_, weight in PATHS])[0]
        if kind < 0.03:
            method = chance.choice(("DELETE", "BREW", "HEAD", "get", "OPTIONS", "PUT", "X" * 70))
        if kind < 0.05:
            path = chance.choice(("/", "//", "/%00", "/" + "a" * 3_000, "/forward-auth?" + "b" * 500, "/..;/metrics"))
        body = b"" if method == "GET" and chance.random() < 0.7 else self.body(path)
        headers = [f"host: {chance.choice(('guard', '', '[::1]', 'a' * 300))}".encode()]
        headers += [chance.choice(HEADERS).encode() + b": " + self.value() for _ in range(chance.randrange(8))]
        return self.framed(f"{method} {path} HTTP/1.1".encode(), headers, body)

    def framed(self, line: bytes, headers: list[bytes], body: bytes) -> bytes:
        """Return head and body, the length told in one of the ways in which it can be."""
        how = self.random.random()
        if how < 0.9:
            headers.append(b"content-length: %d" % len(body))
        elif how < 0.96:
            headers.append(b"transfer-encoding: chunked")
            cut = self.random.randrange(len(body) + 1)
            parts = [part for part in (body[:cut], body[cut:]) if part]
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        elif how < 0.98:
            headers.append(b"content-length: " + self.random.choice((b"-1", b"1e3", b"9" * 30, b"0x10", b"")))
        return b"\r\n".join([line, *headers]) + b"\r\n\r\n" + body

    def value(self) -> bytes:
        """Return the value of a header."""
        chance = self.random
        return chance.choice(
            (
                b"acct_00000007_1",
                b"6.6.6.6, 203.0.113.7",
                b"," * 100,
                b"::ffff:203.0.113.7",
                b"[::1]:99999",
                b"AS64500",
                b"/v1/messages?x=1",
                b"Bearer sk-none",
                b"x" * chance.randrange(3_000),
                bytes(chance.choices(range(32, 127), k=20)),
                bytes(chance.choices(range(128, 256), k=20)),
            )
        )

    def body(self, path: str) -> bytes:
        """Return a body: valid, mutated or of nothing known."""
        chance = self.random
        valid = self.valid(path)
        kind = chance.random()
        if kind < 0.3:
            return orjson.dumps(valid)
        if kind < 0.6:
            return json.dumps(self.changed(valid), ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        data = bytearray(orjson.dumps(valid))
        if kind < 0.75:
            for _ in range(chance.randrange(1, 9)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            return bytes(data)
        if kind < 0.85:
            return bytes(data[: chance.randrange(len(data))])
        if kind < 0.95:
            deep = chance.choice((50, 300, 1_100, 40_000))
            inner = b"[" * deep + b"]" * chance.choice((deep, 0))
            return chance.choice((inner, b'{"messages":' + inner + b"}", b'{"context":{"request":' + inner + b"}}"))
        return chance.randbytes(chance.randrange(2_000))

    def valid(self, path: str) -> dict[str, Any]:
        """Return what the address expects."""
        words = " ".join(self.random.choices(("explain", "the", "proof", "step", "by", "answer", "code"), k=60))
        chat = {"model": "m", "messages": [{"role": "user", "content": words}], "max_tokens": 99, "n": 2}
        if path.startswith("/access"):
            entity = {"type": "t", "id": f"acct_{self.random.randrange(99)}"}
            context = {"ip_address": "203.0.113.9", "asn": 64500, "request": chat}
            return {"subject": entity, "action": {"name": "infer"}, "resource": entity, "context": context}
        if path.startswith("/beta"):
            return {
                "input_type": "request",
                "structured_messages": chat["messages"],
                "request_data": {},
                "texts": [words],
            }
        if self.random.random() < 0.1:
            return {"requests": [{"custom_id": "a", "params": chat}] * self.random.randrange(1, 300)}
        return chat

    def changed(self, held: Any) -> Any:
        """Return a structure with some of its values and names replaced."""
        chance = self.random
        if chance.random() < 0.15:
            return chance.choice(VALUES)
        if isinstance(held, dict):
            made = {name: self.changed(value) for name, value in held.items()}
            if chance.random() < 0.5:
                made[chance.choice(NAMES)] = chance.choice(VALUES)
            return made
        return [self.changed(value) for value in held] if isinstance(held, list) else held


def answer(port: int, request: bytes) -> str:
    """Send a request over a connection of its own; return the status of the answer, `closed` or `hangs`.

    Each has its own: after a length that lies, the server and its peer would disagree where the next request begins.
    """
    with socket.create_connection(("127.0.0.1", port), SECONDS) as wire:
        try:
            wire.sendall(request)
            data = b""
            while b"\r\n\r\n" not in data:
                more = wire.recv(65_536)
                if not more:
                    return "closed"
                data += more
        except TimeoutError:
            return "hangs"
        except OSError:
            return "closed"
        return data.split(b" ")[1].decode("ascii", "replace")


def resident_mb(process: int) -> float:
    """Memory that a process holds."""
    for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1e3
    return float("nan")


def main() -> None:
    """Fuzz, and print what came out; the exit status is 1 where something is wrong."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--requests", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--accounts", type=int, default=20_000)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    fuzz = Fuzz(asked.seed)
    statuses: Counter[str] = Counter()
    with TemporaryDirectory() as name:
        port = free_port()
        server = started(guard_command(Path(name), port, asked.accounts), port)
        try:
            held = []
            for _ in range(2):
                for _request in range(asked.requests // 2):
                    statuses[answer(port, fuzz.request())] += 1
                held.append(resident_mb(server.pid))
            ready = answer(port, b"GET /readyz HTTP/1.1\r\nhost: guard\r\n\r\n")
            undecided = failures(port)
        finally:
            server.terminate()
            ended = server.wait()
    told = {
        "requests": asked.requests,
        "seed": asked.seed,
        "statuses": dict(sorted(statuses.items())),
        "ready": ready == "200",
        "ended": ended,
        "defects": undecided,
        "held_mb": round(held[-1], 1),
        "grown_mb": round(held[1] - held[0], 1),
    }
    bad = sum(count for status, count in statuses.items() if status.startswith("5") or status == "hangs")
    print(json.dumps(told) if asked.json else told)
    sys.exit(1 if bad or undecided or ready != "200" or ended else 0)


def failures(port: int) -> float:
    """Return how many requests the server could not decide on."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as asking:
        asking.sendall(b"GET /metrics HTTP/1.1\r\nhost: guard\r\nconnection: close\r\n\r\n")
        page = b""
        while more := asking.recv(65_536):
            page += more
    lines = [line for line in page.decode().splitlines() if line.startswith("hydrometer_guard_failures_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


if __name__ == "__main__":
    main()
