"""A part of a world in the making: accounts and exchanges are added in bulk, with an ordinary value wherever none is
given. Texts are references into the world's supplies, nothing is written out here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hydrometer.lab.simulate import account_attributes, arrival_times, clients, networks
from hydrometer.lab.simulate.account_attributes import draw_ids, repeat_value
from hydrometer.lab.simulate.arrival_times import DAY, HOUR
from hydrometer.lab.simulate.networks import TONGUES
from hydrometer.lab.simulate.text_sources import NONE, NUMBER_BITS, NUMBERS
from hydrometer.lab.simulate.texts.phrase_grammar import Dice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydrometer.lab.simulate.networks import Addresses, IntArray, ObjectArray
    from hydrometer.lab.simulate.world_context import WorldContext

MODELS = ("borealis-mini-3", "borealis-3", "borealis-3.5")
"""Small, large, and the newest, which comes out on the scenario's release day."""
NEWEST = 2


class CohortBuilder:
    """Collects what one archetype or operator adds to a part; each has its own generator, so that none disturbs another.

    `part` of `parts` is where it belongs; `place` is how many accounts of the same kind earlier parts hold, `whole`
    how many the world holds.
    """

    def __init__(
        self,
        context: WorldContext,
        seed: Sequence[int],
        *,
        shard: int,
        shards: int,
        accounts_before: int,
        accounts_in_world: int,
    ) -> None:
        self.rng = np.random.default_rng(list(seed))
        self.context, self.shard, self.shards, self.accounts_before, self.accounts_in_world = (
            context,
            shard,
            shards,
            accounts_before,
            accounts_in_world,
        )
        self.scenario, self.internet, self.catalogue = context.scenario, context.internet, context.catalogue
        self.dice = Dice(np.random.default_rng([*seed, 1]))
        self.start, self.stop, self.release = context.start, context.stop, context.release
        self.days = self.scenario.days
        self.account_columns: dict[str, list[ObjectArray]] = {}
        self.exchange_columns: dict[str, list[Any]] = {}
        self.count = 0
        self.home_ip: ObjectArray = np.empty(0, dtype=object)
        self.home_asn: IntArray = np.empty(0, dtype=np.int64)
        self.client: IntArray = np.empty(0, dtype=np.int64)
        self.offset: IntArray = np.empty(0, dtype=np.int64)
        self.model: IntArray = np.empty(0, dtype=np.int64)
        self.adopts_at: IntArray = np.empty(0, dtype=np.int64)
        self.tongue: IntArray = np.empty(0, dtype=np.int64)
        self.created: IntArray = np.empty(0, dtype=np.int64)

    def draw_volumes(self, count: int, median: float, spread: float = 1.2, most: float = 4_000) -> IntArray:
        """Return how many exchanges each of `count` accounts sends: heavy-tailed, and as busy as the scenario says."""
        busy = self.scenario.volume
        return arrival_times.draw_heavy_tailed(self.rng, count, median * busy, spread, most * busy)

    def draw_templates(self, rule: str, count: int, rng: np.random.Generator | None = None) -> IntArray:
        """Return references to `count` new templates of a rule of `templates`."""
        return self.catalogue.draw(self.catalogue.templates(rule), rng or self.rng, count)

    def draw_tasks(
        self, count: int, tongue: str = "", topic: str = "", rng: np.random.Generator | None = None
    ) -> IntArray:
        """Return references to `count` tasks by who speaks `tongue`, or by anybody."""
        return self.catalogue.draw(self.catalogue.tasks(tongue, topic=topic), rng or self.rng, count)

    def draw_own_tasks(self, account: IntArray) -> IntArray:
        """Return a task for each exchange of these accounts, at times in the account's own language."""
        return self._draw_tasks_of_speakers(self.tongue[account])

    def _draw_tasks_of_speakers(self, tongue: IntArray) -> IntArray:
        sources = np.array([self.catalogue.tasks(tongue) for tongue in TONGUES], dtype=np.int64)
        numbers = self.rng.integers(0, NUMBERS, len(tongue), dtype=np.int64)
        return (sources[tongue] << NUMBER_BITS) | numbers

    def draw_prompts(self, account: IntArray, popular: float = 0.03) -> IntArray:
        """Return a prompt for each exchange of these accounts; a share are popular ones."""
        return self.draw_prompts_of_speakers(self.tongue[account], popular)

    def draw_prompts_of_speakers(self, tongue: IntArray, popular: float = 0.03) -> IntArray:
        """Return a prompt by each of these speakers (places in TONGUES); a share are popular ones."""
        return self._mix_in_popular(self._draw_tasks_of_speakers(tongue), popular)

    def draw_anybodys_prompts(self, count: int, popular: float = 0.03) -> IntArray:
        """Return prompts by anybody in the world: what a customer of a customer asks."""
        return self._mix_in_popular(self.draw_tasks(count), popular)

    def _mix_in_popular(self, tasks: IntArray, share: float) -> IntArray:
        """Replace a share by popular prompts; the chance of each falls with its rank."""
        source = self.catalogue.popular()
        rows = np.flatnonzero(self.rng.random(len(tasks)) < share)
        rank = self.catalogue.sources[source].size ** self.rng.random(len(rows))
        tasks[rows] = (source << NUMBER_BITS) | (rank.astype(np.int64) - 1)
        return tasks

    def home_addresses(self, rows: IntArray) -> Addresses:
        """Return the usual addresses of accounts."""
        return networks.Addresses(self.home_ip[rows], self.home_asn[rows])

    def draw_past_signups(self, count: int, days: float = 700.0, joining: float = 0.1) -> IntArray:
        """Return sign-up times in the past, more of them lately; a share `joining` falls into the world's own span."""
        age = np.minimum(self.rng.exponential(days / 2.5, count), 3 * days) + 0.1
        made = np.where(self.rng.random(count) < joining, self.rng.random(count) * (self.days - 1), -age)
        return (self.start + made * DAY).astype(np.int64)

    def draw_signup_burst(self, count: int, middle_day: float, hours: float) -> IntArray:
        """Return sign-up times around a day, within about `hours`."""
        return (self.start + middle_day * DAY + self.rng.normal(0, hours / 4, count) * HOUR).astype(np.int64)

    def add_accounts(
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
        homes = homes if homes is not None else self.internet.draw_homes(rng, count)
        where, hours, tongue = account_attributes.draw_countries(rng, count, country)
        made = created_at if created_at is not None else self.draw_past_signups(count)
        nothing = repeat_value(None, count)
        signup = np.where(rng.random(count) < 0.75, homes.ip, self.internet.draw_homes(rng, count).ip)
        standard: dict[str, ObjectArray] = {
            "account_id": draw_ids(rng, "acct_", count),
            "created_at": made.astype(object),
            "org_id": np.where(rng.random(count) < 0.97, draw_ids(rng, "org_", count, 12), nothing),
            "email_domain": account_attributes.draw_email_domains(rng, count),
            "email_local": account_attributes.draw_email_names(self.dice, count),
            "payment_fingerprint": draw_ids(rng, "pm_", count),
            "payment_bin": account_attributes.draw_ordinary_bins(rng, count),
            "phone_hash": np.where(rng.random(count) < 0.72, draw_ids(rng, "ph_", count), nothing),
            "device_id": np.where(rng.random(count) < 0.9, draw_ids(rng, "dv_", count), nothing),
            "signup_ip": signup,
            "country": where,
            "plan": rng.choice(np.array(["payg", "pro", "team"], dtype=object), count, p=[0.5, 0.35, 0.15]),
            "verification": rng.choice(np.array(["phone", "email", "card"], dtype=object), count, p=[0.5, 0.3, 0.2]),
            "agreements": repeat_value([], count),
            "operator": repeat_value(operator, count),
            "kind": repeat_value(kind, count),
        }
        for name, value in {**(columns or {}), **more}.items():
            if name not in standard:
                raise KeyError(f"accounts have no column {name}")
            standard[name] = value.astype(object) if isinstance(value, np.ndarray) else repeat_value(value, count)
        for name, array in standard.items():
            self.account_columns.setdefault(name, []).append(array)
        rows = np.arange(self.count, self.count + count)
        self.count += count
        library = clients_at if clients_at is not None else clients.draw_clients(rng, count)
        turn = self.release + (rng.exponential(2.5 * DAY, count)).astype(np.int64)
        self.home_ip = np.concatenate([self.home_ip, homes.ip])
        self.home_asn = np.concatenate([self.home_asn, homes.asn])
        self.client = np.concatenate([self.client, library])
        self.offset = np.concatenate([self.offset, hours])
        self.tongue = np.concatenate([self.tongue, tongue])
        self.created = np.concatenate([self.created, made])
        self.model = np.concatenate([self.model, (rng.random(count) < large).astype(np.int64)])
        self.adopts_at = np.concatenate(
            [self.adopts_at, np.where(rng.random(count) < new_model, turn, self.stop + DAY)]
        )
        return rows

    def add_exchanges(
        self,
        account: IntArray,
        at: IntArray,
        task: IntArray,
        *,
        template: IntArray | int = NONE,
        system: IntArray | int = NONE,
        addresses: Addresses | None = None,
        client: IntArray | None = None,
        tls: IntArray | None = None,
        model: IntArray | None = None,
        channel: IntArray | str = "api",
        end_user: ObjectArray | None = None,
        session: ObjectArray | None = None,
        turns: IntArray | int = 1,
        tools: Sequence[str] = (),
        output: float = 380.0,
        reasoning: float = 0.3,
        refused: float = 0.005,
        campaign: str | None = None,
        beneficiary: IntArray | None = None,
    ) -> None:
        """Add exchanges. `task`, `wording` and `system` refer to texts: what is asked, the template around it, and the
        system prompt; without a wording the prompt is the task alone.

        `client` and `tls` are rows of `clients.USER_AGENTS`: what the client says it is, and what its handshake says.
        `output` is the median of the output tokens, `reasoning` the share of exchanges with hidden reasoning.
        `channel` and `beneficiary` may be codes of the commons, one each.
        """
        count, rng, codes = len(account), self.rng, self.context.codes
        if not count:
            return
        where = addresses if addresses is not None else self.home_addresses(account)
        library = client if client is not None else self.client[account]
        chosen = model if model is not None else np.where(at >= self.adopts_at[account], NEWEST, self.model[account])
        chosen = np.where((chosen == NEWEST) & (at < self.release), 1, chosen)
        no = rng.random(count) < refused
        written = np.maximum(8, rng.lognormal(np.log(output), 0.6, count))
        thought = np.where(rng.random(count) < reasoning, rng.lognormal(5.4, 0.9, count), 0.0)
        usual, cut, refusal = (
            codes["stop_reason"](name) for name in ("tool_use" if tools else "end_turn", "max_tokens", "refusal")
        )
        values: dict[str, Any] = {
            "started_at": at,
            "account": account,
            "model": chosen,
            "channel": codes["channel"](channel) if isinstance(channel, str) else channel,
            "client_ip": where.ip,
            "client_asn": where.asn,
            "client": library,
            "tls": tls if tls is not None else library,
            "end_user_id": end_user,
            "session_id": session,
            "turns": turns,
            "system": system,
            "wording": template,
            "task": task,
            "tool_names": codes["tool_names"](tuple(tools)),
            "overhead": rng.integers(3, 12, count),
            "output_tokens": np.where(no, rng.integers(12, 60, count), np.minimum(written, 4_096)).astype(np.int64),
            "reasoning_tokens": np.where(no, 0, thought).astype(np.int64),
            "stop_reason": np.where(no, refusal, np.where(written > 4_000, cut, usual)),
            "campaign": codes["campaign"](campaign),
            "beneficiary": codes["beneficiary"](None) if beneficiary is None else beneficiary,
        }
        for name, value in values.items():
            array = np.broadcast_to(np.asarray(value), count)
            self.exchange_columns.setdefault(name, []).append(array)

    def draw_human_exchanges(
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
        owner, at, number = arrival_times.draw_human_times(
            self.rng,
            counts,
            self.offset[rows],
            start=start,
            days=span,
            session=session,
            first=np.maximum(self.created[rows], start),
        )
        account = rows[owner]
        ip, asn = self.home_ip[account], self.home_asn[account]
        second = self.internet.draw_homes(self.rng, len(rows), carrier=0.35, vpn=0.1)
        away = np.flatnonzero((self.rng.random(int(number.max(initial=0)) + 1) < roaming)[number])
        ip[away], asn[away] = second.ip[owner[away]], second.asn[owner[away]]
        fresh = np.concatenate([[True], number[1:] != number[:-1]]) if len(number) else np.zeros(0, dtype=bool)
        position = np.arange(len(number)) - np.maximum.accumulate(np.where(fresh, np.arange(len(number)), 0))
        sessions = self.draw_session_ids(number) if threads else repeat_value(None, len(number))
        return account, at, networks.Addresses(ip, asn), sessions, 1 + 2 * np.minimum(position, 20)

    def draw_session_ids(self, number: IntArray) -> ObjectArray:
        """Return one id per session number."""
        return draw_ids(self.rng, "s_", int(number.max(initial=0)) + 1, 12)[number]

    def collect_columns(self) -> tuple[dict[str, ObjectArray], dict[str, Any]]:
        """Return the accounts and exchanges added, as columns."""
        accounts = {name: np.concatenate(parts) for name, parts in self.account_columns.items()}
        exchanges = {name: np.concatenate(parts) for name, parts in self.exchange_columns.items()}
        return accounts, exchanges
