"""Honest crowds that look like a hydra as a group: the signs that each file documents hold, and so does their innocence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any, get_args

import numpy as np
import pytest

from fixtures.worlds_by_kind import WorldByKind
from hydrometer.lab.simulate import Scenario, make_world
from hydrometer.lab.simulate.archetype_plugins import find_default_shares, load_archetypes
from hydrometer.lab.simulate.honest_templates import HARNESS, find_public_harness, make_crowd_template
from hydrometer.lab.simulate.networks import TONGUES
from hydrometer.lab.simulate.scenario import CrowdPhrasebook
from hydrometer.lab.simulate.texts.phrase_grammar import Dice, read_rules

Rows = list[dict[str, Any]]
SHARES = {
    "course": 0.16,
    "consultancy": 0.1,
    "software_house": 0.07,
    "bootcamp": 0.06,
    "consortium": 0.02,
    "extension": 0.08,
    "key_reseller": 0.07,
    "translators": 0.045,
    "game_mod": 0.07,
    "judges": 0.025,
    "seo_farm": 0.025,
    "synthetic_startup": 0.01,
    "virtual_cards": 0.08,
    "polyglots": 0.06,
}
NOBODY = {kind: 0.0 for kind in load_archetypes() if kind != "person"}
SCENARIO = Scenario(name="crowds", honest=2_400, outage_day=None, shares=NOBODY | SHARES)


@pytest.fixture(scope="module")
def crowds() -> WorldByKind:
    return WorldByKind(make_world(SCENARIO, 7))


def hours_between(accounts: Rows, share: float) -> float:
    """Return within how many hours the middle `share` of the accounts signed up."""
    made = np.array([account["created_at"].timestamp() for account in accounts])
    low, high = np.quantile(made, [(1 - share) / 2, (1 + share) / 2])
    return float(high - low) / 3_600


def count_senders(rows: Rows, key: str) -> dict[str, int]:
    """Return by how many accounts each value was sent."""
    senders: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        senders[row[key]].add(row["account_id"])
    return {value: len(accounts) for value, accounts in senders.items()}


def share_in_many(rows: Rows) -> float:
    """Return the share of the exchanges whose task more than one account sent."""
    senders = count_senders(rows, "slot")
    return sum(senders[row["slot"]] > 1 for row in rows) / len(rows)


def find_templates(rows: Rows) -> Counter[str]:
    """Return what stands around the tasks, with its exchanges."""
    return Counter(row["prompt"].replace(row["slot"], "<>") for row in rows)


def stays_with_account(rows: Rows) -> float:
    """Return how often the next exchange of the pooled stream comes from the same account."""
    return float(np.mean([one["account_id"] == other["account_id"] for one, other in pairwise(rows)]))


def gap_variation(rows: Rows) -> float:
    """Return the coefficient of variation of the gaps of the pooled stream."""
    gaps = np.diff([row["started_at"].timestamp() for row in rows])
    return float(gaps.std() / gaps.mean())


def test_nobody_is_an_operator_and_crowds_come_only_where_they_are_named(crowds: WorldByKind) -> None:
    assert crowds.operators == {""}
    assert all(find_default_shares()[kind] == 0.0 for kind in SHARES)
    assert all(len(crowds.rows[kind]) > 300 for kind in SHARES)


def test_communities_are_named_and_lone_persons_are_not(crowds: WorldByKind) -> None:
    for kind in SHARES:
        assert all(crowds.by_community(kind)) is (kind != "polyglots"), kind
    assert set(crowds.by_community("person")) == {""}
    assert {
        kind: len(crowds.by_community(kind)) for kind in ("course", "consultancy", "translators", "consortium")
    } == {
        "course": 1,
        "consultancy": 2,
        "translators": 2,
        "consortium": 2,
    }


def test_students_sign_up_together_and_send_the_same_exercises(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("course").values():
        assert hours_between(accounts, 0.9) < 48
        assert {account["plan"] for account in accounts} == {"education", "free"}
        templates = find_templates(rows)
        exercise, sent = templates.most_common(1)[0]
        assert sent > 0.5 * len(rows)
        exercises = [row for row in rows if row["prompt"].replace(row["slot"], "<>") == exercise]
        times = Counter((row["account_id"], row["slot"]) for row in exercises)
        assert 1 <= np.mean(list(times.values())) < 2
        assert max(times.values()) <= 3
        assert min(count_senders(exercises, "slot").values()) > len(accounts) / 4
        assert len(count_senders(rows, "client_ip")) > 0.7 * len(accounts)


def test_exercises_crowd_before_a_deadline(crowds: WorldByKind) -> None:
    (_, rows), *_ = crowds.by_community("course").values()
    template = find_templates(rows).most_common(1)[0][0]
    days: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if row["prompt"].replace(row["slot"], "<>") == template:
            days[row["slot"]][(row["started_at"] - SCENARIO.start).days] += 1
    busiest = [max(by_day.values()) / sum(by_day.values()) for by_day in days.values()]
    assert np.median(busiest) > 0.3


def test_a_consultancy_has_one_bin_one_office_one_pack_and_own_organisations(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("consultancy").values():
        assert hours_between(accounts, 0.9) < 12
        assert len({account["payment_bin"] for account in accounts}) == 1
        assert len({account["payment_fingerprint"] for account in accounts}) == len(accounts)
        assert len({account["org_id"] for account in accounts}) == len(accounts)
        assert max(count_senders(rows, "client_ip").values()) > 0.8 * len(accounts)
        pack = [sent for _, sent in find_templates(rows).most_common(21)]
        assert 10 <= sum(sent > 5 for sent in pack[1:]) <= 20
        assert share_in_many(rows) < 0.3
        assert stays_with_account(rows) > 0.15
        assert gap_variation(rows) > 3


def test_consultants_work_by_day_on_weekdays(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("consultancy").values():
        assert len({account["country"] for account in accounts}) == 1
        busy = Counter(row["started_at"].hour for row in rows)
        assert max(sum(busy[(first + hour) % 24] for hour in range(12)) for first in range(24)) > 0.9 * len(rows)
        assert sum(row["started_at"].weekday() < 5 for row in rows) > 0.85 * len(rows)


def test_a_software_house_works_in_one_harness_from_one_office_or_gateway(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("software_house").values():
        assert 60 < hours_between(accounts, 0.9) < 24 * 7
        assert len({account["payment_bin"] for account in accounts}) == 1
        assert {row["system_prompt"] for row in rows} == {HARNESS}
        assert all(row["tool_names"] for row in rows)
        most = sorted(Counter(row["client_ip"] for row in rows).values(), reverse=True)
        assert sum(most[:2]) > 0.8 * len(rows)
        assert np.mean([row["turns"] > 4 for row in rows]) > 0.5


def test_a_bootcamp_starts_on_one_day_with_one_harness_and_the_same_exercises(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("bootcamp").values():
        assert hours_between(accounts, 0.9) < 12
        assert {row["system_prompt"] for row in rows} == {HARNESS}
        assert 0.5 < share_in_many(rows) < 0.8
        assert len(count_senders(rows, "client_ip")) > 0.7 * len(accounts)


def test_a_consortium_runs_the_same_items_after_the_release(crowds: WorldByKind) -> None:
    assert SCENARIO.release_day is not None
    out = SCENARIO.start + timedelta(days=SCENARIO.release_day)
    for accounts, rows in crowds.by_community("consortium").values():
        assert 15 <= len(accounts) <= 35
        assert all(out <= row["started_at"] < out + timedelta(hours=24) for row in rows)
        assert len(find_templates(rows)) == 1
        assert share_in_many(rows) > 0.9
        assert len(count_senders(rows, "slot")) <= 160


def test_an_extension_has_one_template_for_strangers_and_a_viral_day(crowds: WorldByKind) -> None:
    ((accounts, rows),) = crowds.by_community("extension").values()
    assert find_templates(rows).most_common(1)[0][1] > 0.5 * len(rows)
    assert share_in_many(rows) < 0.15
    made = Counter((account["created_at"] - SCENARIO.start).days for account in accounts)
    best = max(sum(made[day + n] for n in range(3)) for day in range(SCENARIO.days))
    assert 0.25 < best / len(accounts) < 0.5
    assert len({account["payment_fingerprint"] for account in accounts}) == len(accounts)


def test_resold_accounts_are_made_in_bursts_and_lived_in_by_people(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("key_reseller").values():
        assert len({account["payment_bin"] for account in accounts}) == 2
        assert all(re.fullmatch(r"[a-z]{8}\d{4}", account["email_local"]) for account in accounts)
        assert len({account["signup_ip"] for account in accounts}) <= 3
        hours = Counter(int(account["created_at"].timestamp() // (4 * 3_600)) for account in accounts)
        assert len(hours) <= 2 * -(-len(accounts) // 40)
        assert max(find_templates(rows).values()) > 0.9 * len(rows)
        assert share_in_many(rows) < 0.1
        assert stays_with_account(rows) > 0.4


def test_translators_share_an_exit_and_a_template_but_no_text(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("translators").values():
        assert max(count_senders(rows, "client_ip").values()) >= 0.95 * len({row["account_id"] for row in rows})
        assert find_templates(rows).most_common(1)[0][1] > 0.8 * len(rows)
        assert share_in_many(rows) < 0.05
        assert len({account["payment_fingerprint"] for account in accounts}) == len(accounts)
        foreign = sum(
            bool(re.search("[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]", row["slot"])) for row in rows
        )
        assert 0.25 < foreign / len(rows) < 0.55


def test_a_mod_speaks_in_short_turns_in_the_evening(crowds: WorldByKind) -> None:
    for _, rows in crowds.by_community("game_mod").values():
        assert len({row["system_prompt"] for row in rows}) == 1
        assert {row["turns"] for row in rows} == {1}
        assert np.median([row["output_tokens"] for row in rows]) < 100
        assert stays_with_account(rows) > 0.4
        gaps = [
            (other["started_at"] - one["started_at"]).total_seconds()
            for one, other in pairwise(rows)
            if one["account_id"] == other["account_id"]
        ]
        assert np.median(gaps) < 40


def test_judges_keep_their_own_schedules(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("judges").values():
        assert 40 <= len(accounts) <= 80
        assert 0.1 < share_in_many(rows) < 0.3
        assert stays_with_account(rows) > 0.6
        assert all("score" in row["prompt"].lower() or "judge" in row["prompt"].lower() for row in rows)
        hours = Counter(row["started_at"].hour for row in rows)
        assert len(hours) > 18


def test_an_article_farm_is_one_queue_without_a_harvest(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("seo_farm").values():
        assert hours_between(accounts, 1.0) < 31
        assert len({account["payment_bin"] for account in accounts}) == 1
        assert all(re.fullmatch(r"[a-z]{8}\d{4}", account["email_local"]) for account in accounts)
        assert stays_with_account(rows) < 0.02
        assert gap_variation(rows) < 0.5
        assert len({row["slot"] for row in rows}) > 0.97 * len(rows)
        assert len(find_templates(rows)) <= 2
        networks = [len({r["client_ip"] for r in rows if r["account_id"] == a["account_id"]}) for a in accounts[:10]]
        assert min(networks) >= 5


def test_a_synthetic_startup_is_one_organisation_without_an_agreement(crowds: WorldByKind) -> None:
    for accounts, rows in crowds.by_community("synthetic_startup").values():
        assert 10 <= len(accounts) <= 30
        assert len({account["org_id"] for account in accounts}) == 1
        assert all(account["agreements"] == [] for account in accounts)
        assert len(find_templates(rows)) == 6
        assert share_in_many(rows) < 0.02
        assert gap_variation(rows) < 1.2


def test_virtual_cards_share_a_bin_and_exits_only(crowds: WorldByKind) -> None:
    ((accounts, rows),) = crowds.by_community("virtual_cards").values()
    assert len(accounts) > 150
    assert len({account["payment_bin"] for account in accounts}) == 1
    assert len({account["payment_fingerprint"] for account in accounts}) == len(accounts)
    assert sum(sent > 4 for sent in count_senders(rows, "client_ip").values()) > 5
    assert share_in_many(rows) < 0.15


def test_polyglots_ask_for_the_steps_in_many_languages(crowds: WorldByKind) -> None:
    asked = [row for row in crowds.rows["polyglots"] if row["prompt"] != row["slot"]]
    assert 0.05 < len(asked) / len(crowds.rows["polyglots"]) < 0.3
    assert sum(bool(re.search("шаг|ход|ответ", row["prompt"])) for row in asked) > 3
    assert len({account["country"] for account in crowds.accounts["polyglots"]}) >= 9


def test_a_large_crowd_comes_as_several_communities() -> None:
    shares = NOBODY | {"course": 0.5, "consultancy": 0.2}
    world = make_world(Scenario(honest=2_000, shares=shares), 2)
    sizes = Counter(world.truth_accounts["community"].to_pylist())
    assert sum(name.startswith("course") for name in sizes) == 3
    assert sum(name.startswith("consultancy") for name in sizes) == 3


def list_phrases(name: str) -> set[tuple[str, ...]]:
    """Return the five-word sequences of a phrasebook's rules, slots left out."""
    texts = [part for options in read_rules("hydrometer.lab.simulate.texts", name).values() for part in options]
    parts = [re.findall(r"\w+", part.lower()) for text in texts for part in re.split(r"\{\w+\}|[.!?\n]", text)]
    return {tuple(words[i : i + 5]) for words in parts for i in range(len(words) - 4)}


def test_the_phrasebooks_of_crowds_do_not_quote_each_other() -> None:
    first, second = list_phrases("crowd_templates"), list_phrases("second_crowd_templates")
    assert min(len(first), len(second)) > 400
    assert not first & second
    assert find_public_harness("second") != find_public_harness("first") == HARNESS


def test_both_phrasebooks_have_every_template_with_its_slots() -> None:
    names = [
        "course",
        "consultancy",
        "benchmark",
        "extension",
        "translation",
        "npc_line",
        "judge",
        "article",
        "synthetic",
    ]
    names += [f"steps_{tongue}" for tongue in TONGUES if tongue != "en"]
    for book in get_args(CrowdPhrasebook):
        dice = Dice(np.random.default_rng(0))
        for name in names:
            made = [make_crowd_template(name, book, dice) for _ in range(40)]
            assert all(text.count("{task}") == 1 for text in made), (book, name)
            assert not any(re.search(r"\{\w+\}", re.sub(r"\{(task|answer|answer_b)\}", "", text)) for text in made)
        for name in ("npc", "article_topic"):
            assert len({make_crowd_template(name, book, dice) for _ in range(40)}) > 35


def test_a_scenario_chooses_the_phrasebook_of_its_crowds() -> None:
    shares = NOBODY | {"course": 0.3, "bootcamp": 0.3}
    worlds = [
        WorldByKind(make_world(Scenario(honest=300, shares=shares, crowd_phrasebook=book), 3))
        for book in ("first", "second")
    ]
    systems = [{row["system_prompt"] for row in world.rows["bootcamp"]} for world in worlds]
    assert systems == [{find_public_harness("first")}, {find_public_harness("second")}]
    assert not find_templates(worlds[0].rows["course"]).keys() & find_templates(worlds[1].rows["course"]).keys() - {
        "<>"
    }


def test_a_release_before_the_world_starts_a_benchmark_at_once() -> None:
    shares = NOBODY | {"consortium": 0.5}
    world = make_world(Scenario(honest=60, shares=shares, release_day=None), 3)
    times = [row["started_at"] for row in WorldByKind(world).rows["consortium"]]
    assert max(times) < SCENARIO.start + timedelta(days=1)
