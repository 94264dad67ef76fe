"""A cohort in the making: accounts and exchanges are added in bulk, with an ordinary value wherever none is given.

Texts are references into the world's text sources, nothing is written out here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hydrometer.lab.simulate import account_attributes, arrival_times, clients, networks
from hydrometer.lab.simulate.account_attributes import draw_ids, repeat_value
from hydrometer.lab.simulate.arrival_times import DAY, HOUR, HumanRhythm
from hydrometer.lab.simulate.cohort_batches import AccountTraits, HumanExchanges, HumanHabits
from hydrometer.lab.simulate.networks import TONGUES
from hydrometer.lab.simulate.text_sources import NUMBER_BITS, NUMBERS
from hydrometer.lab.simulate.texts.phrase_grammar import Dice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.lab.simulate.cohort_batches import ExchangeBatch
    from hydrometer.lab.simulate.networks import Addresses, IntArray, ObjectArray
    from hydrometer.lab.simulate.world_context import ShardState, WorldContext

MODELS = ("borealis-mini-3", "borealis-3", "borealis-3.5")
"""Small, large, and the newest, which comes out on the scenario's release day."""
NEWEST = 2
USUAL_TRAITS, USUAL_HABITS = AccountTraits(), HumanHabits()


class CohortBuilder:
    """What one archetype or operator adds to a shard; each has its own generator, so that none disturbs another.

    `accounts_before` is how many accounts of the same kind earlier shards hold, `accounts_in_world` how many the world holds.
    """

    def __init__(
        self,
        context: WorldContext,
        state: ShardState,
        seed: Sequence[int],
        *,
        accounts_before: int,
        accounts_in_world: int,
    ) -> None:
        self.rng = np.random.default_rng(list(seed))
        self.context, self.shard, self.shards = context, state.shard, state.shards
        self.accounts_before, self.accounts_in_world = accounts_before, accounts_in_world
        self.codes, self.honest_homes = state.codes, state.honest_homes
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

    def draw_crowd_templates(self, rule: str, count: int, rng: np.random.Generator | None = None) -> IntArray:
        """Return references to `count` new templates of a rule of the scenario's phrasebook of crowds."""
        source = self.catalogue.crowd_templates(rule, self.scenario.crowd_phrasebook)
        return self.catalogue.draw(source, rng or self.rng, count)

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
        """Return a prompt by each of these speakers (indices into TONGUES); a share are popular ones."""
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

    def add_accounts(self, count: int, kind: str, traits: AccountTraits = USUAL_TRAITS, **columns: object) -> IntArray:
        """Add `count` accounts and return their rows in this cohort; `columns` are values of the accounts table, one for
        all or one each."""
        rng = self.rng
        homes = traits.homes if traits.homes is not None else self.internet.draw_homes(rng, count)
        where, hours, tongue = account_attributes.draw_countries(rng, count, traits.country)
        made = traits.created_at if traits.created_at is not None else self.draw_past_signups(count)
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
            "operator": repeat_value(traits.operator, count),
            "kind": repeat_value(kind, count),
            "community": np.broadcast_to(np.asarray(traits.community, dtype=object), count),
        }
        for name, value in columns.items():
            if name not in standard:
                raise KeyError(f"accounts have no column {name}")
            standard[name] = value.astype(object) if isinstance(value, np.ndarray) else repeat_value(value, count)
        for name, array in standard.items():
            self.account_columns.setdefault(name, []).append(array)
        rows = np.arange(self.count, self.count + count)
        self.count += count
        library = traits.clients_at if traits.clients_at is not None else clients.draw_clients(rng, count)
        turn = self.release + (rng.exponential(2.5 * DAY, count)).astype(np.int64)
        self.home_ip = np.concatenate([self.home_ip, homes.ip])
        self.home_asn = np.concatenate([self.home_asn, homes.asn])
        self.client = np.concatenate([self.client, library])
        self.offset = np.concatenate([self.offset, hours])
        self.tongue = np.concatenate([self.tongue, tongue])
        self.created = np.concatenate([self.created, made])
        self.model = np.concatenate([self.model, (rng.random(count) < traits.large).astype(np.int64)])
        self.adopts_at = np.concatenate(
            [self.adopts_at, np.where(rng.random(count) < traits.new_model, turn, self.stop + DAY)]
        )
        return rows

    def add_exchanges(self, batch: ExchangeBatch) -> None:
        """Add exchanges, where there are any."""
        account, at, count, rng, codes = batch.account, batch.at, len(batch.account), self.rng, self.codes
        if not count:
            return
        where = batch.addresses if batch.addresses is not None else self.home_addresses(account)
        library = batch.client if batch.client is not None else self.client[account]
        no = rng.random(count) < batch.refused
        written = np.maximum(8, rng.lognormal(np.log(batch.output), 0.6, count))
        thought = np.where(rng.random(count) < batch.reasoning, rng.lognormal(5.4, 0.9, count), 0.0)
        usual, cut, refusal = (
            codes["stop_reason"](name) for name in ("tool_use" if batch.tools else "end_turn", "max_tokens", "refusal")
        )
        values: dict[str, Any] = {
            "started_at": at,
            "account": account,
            "model": self._choose_models(batch),
            "channel": codes["channel"](batch.channel) if isinstance(batch.channel, str) else batch.channel,
            "client_ip": where.ip,
            "client_asn": where.asn,
            "client": library,
            "tls": batch.tls if batch.tls is not None else library,
            "end_user_id": batch.end_user,
            "session_id": batch.session,
            "turns": batch.turns,
            "system": batch.system,
            "template": batch.template,
            "task": batch.task,
            "tool_names": codes["tool_names"](tuple(batch.tools)),
            "overhead": rng.integers(3, 12, count),
            "output_tokens": np.where(no, rng.integers(12, 60, count), np.minimum(written, 4_096)).astype(np.int64),
            "reasoning_tokens": np.where(no, 0, thought).astype(np.int64),
            "stop_reason": np.where(no, refusal, np.where(written > 4_000, cut, usual)),
            "campaign": codes["campaign"](batch.campaign),
            "beneficiary": codes["beneficiary"](None) if batch.beneficiary is None else batch.beneficiary,
        }
        for name, value in values.items():
            array = np.broadcast_to(np.asarray(value), count)
            self.exchange_columns.setdefault(name, []).append(array)

    def _choose_models(self, batch: ExchangeBatch) -> IntArray:
        """Return the model of each exchange: the batch's or the account's, and none before its release."""
        account, at, chosen = batch.account, batch.at, batch.model
        if chosen is None:
            chosen = np.where(at >= self.adopts_at[account], NEWEST, self.model[account])
        return np.where((chosen == NEWEST) & (at < self.release), 1, chosen)

    def draw_human_exchanges(
        self, rows: IntArray, counts: IntArray, habits: HumanHabits = USUAL_HABITS
    ) -> HumanExchanges:
        """Return exchanges of people, `counts` of each account of `rows`."""
        start = habits.since if habits.since is not None else self.start
        span = habits.days if habits.days is not None else (self.stop - start) / DAY
        owner, at, number = arrival_times.draw_human_times(
            self.rng,
            counts,
            self.offset[rows],
            HumanRhythm(
                start,
                span,
                habits.session,
                gap_seconds=habits.gap_seconds,
                weekend=habits.weekend,
                hours=habits.hours,
                day_weights=habits.day_weights,
                own_hours=habits.own_hours,
            ),
            first=np.maximum(self.created[rows], start),
        )
        account = rows[owner]
        ip, asn = self.home_ip[account], self.home_asn[account]
        second = self.internet.draw_homes(self.rng, len(rows), carrier=0.35, vpn=0.1)
        away = np.flatnonzero((self.rng.random(int(number.max(initial=0)) + 1) < habits.roaming)[number])
        ip[away], asn[away] = second.ip[owner[away]], second.asn[owner[away]]
        fresh = np.concatenate([[True], number[1:] != number[:-1]]) if len(number) else np.zeros(0, dtype=bool)
        position = np.arange(len(number)) - np.maximum.accumulate(np.where(fresh, np.arange(len(number)), 0))
        sessions = self.draw_session_ids(number) if habits.threads else repeat_value(None, len(number))
        return HumanExchanges(account, at, networks.Addresses(ip, asn), sessions, 1 + 2 * np.minimum(position, 20))

    def draw_session_ids(self, number: IntArray) -> ObjectArray:
        """Return one id per session number."""
        return draw_ids(self.rng, "s_", int(number.max(initial=0)) + 1, 12)[number]

    def collect_columns(self) -> tuple[dict[str, ObjectArray], dict[str, Any]]:
        """Return the accounts and exchanges added, as columns."""
        accounts = {name: np.concatenate(parts) for name, parts in self.account_columns.items()}
        exchanges = {name: np.concatenate(parts) for name, parts in self.exchange_columns.items()}
        return accounts, exchanges
