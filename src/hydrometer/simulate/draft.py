"""A world in the making: accounts and exchanges are added in bulk, with an ordinary value wherever none is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hydrometer.simulate import clients, clock, networks
from hydrometer.simulate.clock import DAY, HOUR
from hydrometer.simulate.templates import make_template
from hydrometer.simulate.texts.corpus import Corpus
from hydrometer.simulate.texts.grammar import Dice
from hydrometer.simulate.texts.words import GIVEN, SURNAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydrometer.simulate.networks import Addresses, IntArray, Internet, ObjectArray
    from hydrometer.simulate.scenario import Scenario

MODELS = ("borealis-mini-3", "borealis-3", "borealis-3.5")
"""Small, large, and the newest, which comes out on the scenario's release day."""
NEWEST = 2
_DOMAINS = (
    "gmail.com",
    "outlook.com",
    "yahoo.com",
    "hotmail.com",
    "icloud.com",
    "proton.me",
    "qq.com",
    "163.com",
    "gmx.de",
    "naver.com",
    "mail.example",
)
_DOMAIN_WEIGHTS = np.array([0.42, 0.12, 0.08, 0.08, 0.07, 0.06, 0.04, 0.03, 0.04, 0.03, 0.03])
_COMMON_BINS = np.array(
    [f"{b}" for b in (414720, 424242, 545454, 510510, 400002, 411111, 518004, 489921, 476173, 522222)], dtype=object
)


@dataclass(slots=True)
class Shared:
    """What archetypes and operators of one world have in common."""

    internet: Internet
    popular: tuple[str, ...]
    people: list[Addresses]
    """Home addresses of honest persons, which residential proxies may borrow."""


def ids(rng: np.random.Generator, prefix: str, count: int, digits: int = 16) -> ObjectArray:
    """Return `count` identifiers of a prefix and hexadecimal digits."""
    raw = rng.bytes(count * digits // 2).hex()
    return np.array([prefix + raw[i * digits : (i + 1) * digits] for i in range(count)], dtype=object)


def constant(value: object, count: int) -> ObjectArray:
    """Return an array of `count` times the same value."""
    out = np.empty(count, dtype=object)
    out[:] = [value] * count
    return out


class Draft:
    """Collects what one archetype or operator adds; each has its own generator, so that none disturbs another."""

    def __init__(self, scenario: Scenario, shared: Shared, seed: Sequence[int]) -> None:
        self.rng = np.random.default_rng(list(seed))
        self.scenario = scenario
        self.shared = shared
        self.internet = shared.internet
        self.dice = Dice(np.random.default_rng([*seed, 1]))
        self.corpus = Corpus(
            self.dice, shared.popular, [(tongue, share) for share, _, tongue in networks.COUNTRIES.values()]
        )
        self.start = int(scenario.start.timestamp()) * 1_000_000
        self.days = scenario.days
        self.stop = self.start + scenario.days * DAY
        self.release = (
            self.start + int(scenario.release_day * DAY) if scenario.release_day is not None else self.start - 30 * DAY
        )
        self.account_columns: dict[str, list[ObjectArray]] = {}
        self.exchange_columns: dict[str, list[Any]] = {}
        self.count = 0
        self.home_ip: ObjectArray = np.empty(0, dtype=object)
        self.home_asn: IntArray = np.empty(0, dtype=np.int64)
        self.client: IntArray = np.empty(0, dtype=np.int64)
        self.offset: IntArray = np.empty(0, dtype=np.int64)
        self.model: IntArray = np.empty(0, dtype=np.int64)
        self.adopts: IntArray = np.empty(0, dtype=np.int64)
        self.tongue: ObjectArray = np.empty(0, dtype=object)
        self.created: IntArray = np.empty(0, dtype=np.int64)

    def template(self, rule: str) -> str:
        """Return a new template of a rule of `templates`."""
        return make_template(rule, self.dice)

    def home_addresses(self, rows: IntArray) -> Addresses:
        """Return the usual addresses of accounts."""
        return networks.Addresses(self.home_ip[rows], self.home_asn[rows])

    def prompts(self, account: IntArray, popular: float = 0.03) -> list[str]:
        """Return a prompt for each exchange of these accounts, at times in the account's own language."""
        return self.corpus.prompts(self.tongue[account], popular)

    def anybodys_prompts(self, count: int, popular: float = 0.03) -> list[str]:
        """Return prompts by anybody in the world: what a customer of a customer asks."""
        return self.corpus.prompts([""] * count, popular)

    def names(self, count: int) -> ObjectArray:
        """Return `count` ordinary e-mail names."""
        dice = self.dice
        out = []
        for _ in range(count):
            first, last, number = dice.pick(GIVEN).lower(), dice.pick(SURNAMES).lower(), dice.below(10_000)
            shapes = (
                f"{first}.{last}",
                f"{first}{last}",
                f"{first}_{last}",
                f"{first}{number % 100}",
                f"{first}.{last}{1950 + number % 58}",
                f"{first[0]}{last}{number % 10}",
                f"{last}.{first}",
                f"{first}{number % 1000:03d}",
            )
            out.append(dice.pick(shapes))
        return np.array(out, dtype=object)

    def past(self, count: int, days: float = 700.0, joining: float = 0.1) -> IntArray:
        """Return sign-up times in the past, more of them lately; a share `joining` falls into the world's own span."""
        age = np.minimum(self.rng.exponential(days / 2.5, count), 3 * days) + 0.1
        made = np.where(self.rng.random(count) < joining, self.rng.random(count) * (self.days - 1), -age)
        return (self.start + made * DAY).astype(np.int64)

    def burst(self, count: int, middle_day: float, hours: float) -> IntArray:
        """Return sign-up times around a day, within about `hours`."""
        return (self.start + middle_day * DAY + self.rng.normal(0, hours / 4, count) * HOUR).astype(np.int64)

    def accounts(
        self,
        count: int,
        kind: str,
        *,
        operator: str = "",
        homes: Addresses | None = None,
        created_at: IntArray | None = None,
        clients_at: IntArray | None = None,
        country: str | None = None,
        new_model: float = 0.25,
        large: float = 0.5,
        columns: Mapping[str, object] | None = None,
        **more: object,
    ) -> IntArray:
        """Add `count` accounts and return their row numbers in this draft.

        `columns` and further keywords give values of the accounts table, one for all or one each; `homes` says where
        they are, `country` fixes it for all; a share `new_model` turns to the newest model in the days after its
        release.
        """
        rng = self.rng
        homes = homes if homes is not None else self.internet.homes(rng, count)
        names = list(networks.COUNTRIES)
        weights = np.array([share for share, _, _ in networks.COUNTRIES.values()])
        where = rng.choice(len(names), size=count, p=weights / weights.sum())
        if country is not None:
            where = np.full(count, names.index(country))
        made = created_at if created_at is not None else self.past(count)
        nothing = constant(None, count)
        signup = np.where(rng.random(count) < 0.75, homes.ip, self.internet.homes(rng, count).ip)
        bins = np.where(
            rng.random(count) < 0.55,
            rng.choice(_COMMON_BINS, count),
            np.array([str(b) for b in rng.integers(400_000, 560_000, count)], dtype=object),
        )
        standard: dict[str, ObjectArray] = {
            "account_id": ids(rng, "acct_", count),
            "created_at": made.astype(object),
            "org_id": np.where(rng.random(count) < 0.97, ids(rng, "org_", count, 12), nothing),
            "email_domain": rng.choice(
                np.array(_DOMAINS, dtype=object), count, p=_DOMAIN_WEIGHTS / _DOMAIN_WEIGHTS.sum()
            ),
            "email_local": self.names(count),
            "payment_fingerprint": ids(rng, "pm_", count),
            "payment_bin": bins,
            "phone_hash": np.where(rng.random(count) < 0.72, ids(rng, "ph_", count), nothing),
            "device_id": np.where(rng.random(count) < 0.9, ids(rng, "dv_", count), nothing),
            "signup_ip": signup,
            "country": np.array(names, dtype=object)[where],
            "plan": rng.choice(np.array(["payg", "pro", "team"], dtype=object), count, p=[0.5, 0.35, 0.15]),
            "verification": rng.choice(np.array(["phone", "email", "card"], dtype=object), count, p=[0.5, 0.3, 0.2]),
            "agreements": constant([], count),
            "operator": constant(operator, count),
            "kind": constant(kind, count),
        }
        for name, value in {**(columns or {}), **more}.items():
            if name not in standard:
                raise KeyError(f"accounts have no column {name}")
            standard[name] = value.astype(object) if isinstance(value, np.ndarray) else constant(value, count)
        for name, array in standard.items():
            self.account_columns.setdefault(name, []).append(array)
        rows = np.arange(self.count, self.count + count)
        self.count += count
        self.home_ip = np.concatenate([self.home_ip, homes.ip])
        self.home_asn = np.concatenate([self.home_asn, homes.asn])
        self.client = np.concatenate(
            [self.client, clients_at if clients_at is not None else clients.draw_clients(rng, count)]
        )
        self.offset = np.concatenate(
            [self.offset, np.array([hours for _, hours, _ in networks.COUNTRIES.values()])[where]]
        )
        tongues = np.array([tongue for _, _, tongue in networks.COUNTRIES.values()], dtype=object)
        self.tongue = np.concatenate([self.tongue, tongues[where]])
        self.created = np.concatenate([self.created, made])
        self.model = np.concatenate([self.model, (rng.random(count) < large).astype(np.int64)])
        turn = self.release + (rng.exponential(2.5 * DAY, count)).astype(np.int64)
        self.adopts = np.concatenate([self.adopts, np.where(rng.random(count) < new_model, turn, self.stop + DAY)])
        return rows

    def exchanges(
        self,
        account: IntArray,
        at: IntArray,
        prompt: Sequence[str],
        *,
        slot: Sequence[str] | None = None,
        system: Sequence[str | None] | str | None = None,
        addresses: Addresses | None = None,
        client: IntArray | None = None,
        tls: IntArray | None = None,
        model: IntArray | None = None,
        channel: str | ObjectArray = "api",
        end_user: ObjectArray | None = None,
        session: ObjectArray | None = None,
        turns: IntArray | int = 1,
        tools: Sequence[str] = (),
        output: float = 380.0,
        reasoning: float = 0.3,
        refused: float = 0.005,
        campaign: str | None = None,
        beneficiary: str | None = None,
    ) -> None:
        """Add exchanges. `slot` is the task inside the prompt (the prompt itself, if not given).

        `client` and `tls` are rows of `clients.USER_AGENTS`: what the client says it is, and what its handshake says.
        `output` is the median of the output tokens, `reasoning` the share of exchanges with hidden reasoning.
        """
        count, rng = len(account), self.rng
        if not count:
            return
        where = (
            addresses if addresses is not None else networks.Addresses(self.home_ip[account], self.home_asn[account])
        )
        library = client if client is not None else self.client[account]
        chosen = model if model is not None else np.where(at >= self.adopts[account], NEWEST, self.model[account])
        chosen = np.where((chosen == NEWEST) & (at < self.release), 1, chosen)
        instructions = [system] * count if system is None or isinstance(system, str) else list(system)
        messages = np.broadcast_to(np.asarray(turns, dtype=np.int64), count)
        read = np.array([len(p) for p in prompt]) + np.array([len(s) if s else 0 for s in instructions])
        no = rng.random(count) < refused
        written = np.maximum(8, rng.lognormal(np.log(output), 0.6, count))
        thought = np.where(rng.random(count) < reasoning, rng.lognormal(5.4, 0.9, count), 0.0)
        stop = np.where(no, "refusal", np.where(written > 4_000, "max_tokens", "tool_use" if tools else "end_turn"))
        values: dict[str, Any] = {
            "started_at": at,
            "account": account,
            "model": chosen,
            "channel": constant(channel, count) if isinstance(channel, str) else channel,
            "client_ip": where.ip,
            "client_asn": where.asn,
            "client": library,
            "tls": tls if tls is not None else library,
            "end_user_id": end_user if end_user is not None else constant(None, count),
            "session_id": session if session is not None else constant(None, count),
            "turns": messages,
            "system_prompt": constant(None, count) if system is None else np.array(instructions, dtype=object),
            "prompt": np.array(list(prompt), dtype=object),
            "slot": np.array(list(slot if slot is not None else prompt), dtype=object),
            "tool_names": constant(list(tools), count),
            "input_tokens": (read / 4.1 * (1 + 0.6 * (messages - 1)) + rng.integers(3, 12, count)).astype(np.int64),
            "output_tokens": np.where(no, rng.integers(12, 60, count), np.minimum(written, 4_096)).astype(np.int64),
            "reasoning_tokens": np.where(no, 0, thought).astype(np.int64),
            "stop_reason": stop.astype(object),
            "campaign": constant(campaign, count),
            "beneficiary": constant(beneficiary, count),
        }
        for name, array in values.items():
            self.exchange_columns.setdefault(name, []).append(array)

    def people_talk(
        self,
        rows: IntArray,
        counts: IntArray,
        *,
        session: float = 4.0,
        days: float | None = None,
        since: int | None = None,
        roaming: float = 0.12,
        threads: bool = True,
    ) -> tuple[IntArray, IntArray, Addresses, ObjectArray, IntArray]:
        """Return (account, time, address, session id, turns) of `counts` exchanges by people, ready to be added."""
        start = since if since is not None else self.start
        span = days if days is not None else (self.stop - start) / DAY
        owner, at, number = clock.human_times(
            self.rng,
            counts,
            self.offset[rows],
            start=start,
            days=span,
            session=session,
            first=np.maximum(self.created[rows], start),
        )
        account = rows[owner]
        ip, asn = self.home_ip[account].copy(), self.home_asn[account].copy()
        second = self.internet.homes(self.rng, len(rows), carrier=0.35, vpn=0.1)
        away = (self.rng.random(int(number.max(initial=0)) + 1) < roaming)[number]
        ip[away], asn[away] = second.ip[owner][away], second.asn[owner][away]
        names = ids(self.rng, "s_", int(number.max(initial=0)) + 1, 12)
        fresh = np.concatenate([[True], number[1:] != number[:-1]]) if len(number) else np.zeros(0, dtype=bool)
        place = np.arange(len(number)) - np.maximum.accumulate(np.where(fresh, np.arange(len(number)), 0))
        session_ids = names[number] if threads else constant(None, len(number))
        return account, at, networks.Addresses(ip, asn), session_ids, 1 + 2 * np.minimum(place, 20)

    def finished(self) -> tuple[dict[str, ObjectArray], dict[str, Any]]:
        """Return the accounts and exchanges added, as columns."""
        accounts = {name: np.concatenate(parts) for name, parts in self.account_columns.items()}
        exchanges = {name: np.concatenate(parts) for name, parts in self.exchange_columns.items()}
        return accounts, exchanges
