"""Honest archetypes: the traits that each file documents hold in the traffic."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from fixtures.worlds_by_kind import WorldByKind
from hydrometer.lab.simulate import Scenario, make_world
from hydrometer.lab.simulate.honest_templates import AUDIT, HARNESS, OLD_HARNESS, STARTER

SCENARIO = Scenario(
    name="decoys",
    honest=2_400,
    outage_day=None,
    shares={
        "hobbyist": 0.02,
        "evaluator": 0.015,
        "support": 0.004,
        "product": 0.003,
        "aggregator": 0.003,
        "backfill": 0.004,
    },
)


@pytest.fixture(scope="module")
def decoys() -> WorldByKind:
    return WorldByKind(make_world(SCENARIO, 11))


def test_everybody_is_honest(decoys: WorldByKind) -> None:
    assert decoys.operators == {""}
    silent = [kind for kind in decoys.accounts if not decoys.rows[kind]]
    assert not silent


def test_persons_are_heavy_tailed_and_have_nights(decoys: WorldByKind) -> None:
    volumes = decoys.volumes("person")
    assert 2 <= np.median(volumes) <= 7
    assert volumes.max() > 20 * np.median(volumes)
    top = volumes[-len(volumes) // 10 :].sum() / volumes.sum()
    assert top > 0.35
    american = {a["account_id"] for a in decoys.accounts["person"] if a["country"] == "US"}
    hours = Counter(
        (row["started_at"] - timedelta(hours=6)).hour for row in decoys.rows["person"] if row["account_id"] in american
    )
    assert sum(hours[h] for h in (2, 3, 4)) < 0.5 * sum(hours[h] for h in (13, 14, 15))


def test_a_carrier_puts_many_persons_behind_one_address(decoys: WorldByKind) -> None:
    sharers: dict[str, set[str]] = defaultdict(set)
    for row in decoys.rows["person"]:
        sharers[row["client_ip"]].add(row["account_id"])
    sizes = sorted(map(len, sharers.values()), reverse=True)
    assert sizes[0] > 20
    assert np.median(sizes) == 1


def test_quiet_accounts_are_quiet(decoys: WorldByKind) -> None:
    assert decoys.volumes("quiet").max() <= 5
    assert np.median(decoys.volumes("quiet")) <= 2


def test_frameworks_share_prompts_in_unrelated_hands(decoys: WorldByKind) -> None:
    users: dict[str, set[str]] = defaultdict(set)
    for row in decoys.rows["framework"]:
        users[row["system_prompt"]].add(row["account_id"])
    assert len(users) >= 10
    assert 2 <= max(map(len, users.values())) <= 60
    assert sum(len(u) > 1 for u in users.values()) > len(users) / 2
    cards = {a["payment_fingerprint"] for a in decoys.accounts["framework"]}
    assert len(cards) == len(decoys.accounts["framework"])


def test_the_harness_prompt_is_in_hundreds_of_hands(decoys: WorldByKind) -> None:
    assert {row["system_prompt"] for row in decoys.rows["harness"]} == {HARNESS}
    assert len(decoys.by_account("harness")) > 100
    assert all(row["tool_names"] for row in decoys.rows["harness"])


def test_nightly_jobs_keep_their_hour_and_share_three_addresses(decoys: WorldByKind) -> None:
    assert len({row["client_ip"] for row in decoys.rows["nightly"]}) <= 3
    steady = 0
    for rows in decoys.by_account("nightly").values():
        spans: dict[int, list[float]] = defaultdict(list)
        for row in rows:
            spans[(row["started_at"] - SCENARIO.start).days].append(row["started_at"].timestamp() % 86_400)
        starts = np.array([min(times) for times in spans.values()])
        assert starts.max() - starts.min() < 60
        steady += len(spans) == SCENARIO.days and len({len(times) for times in spans.values()}) == 1
    assert steady > 0.3 * len(decoys.accounts["nightly"])


def test_enterprises_have_one_egress_and_many_accounts(decoys: WorldByKind) -> None:
    home: dict[str, set[str]] = defaultdict(set)
    org = {a["account_id"]: a["org_id"] for a in decoys.accounts["enterprise"]}
    for row in decoys.rows["enterprise"]:
        home[org[row["account_id"]]].add(row["client_ip"])
    assert all(len(ips) == 1 for ips in home.values())
    assert max(Counter(org.values()).values()) >= 15
    assert {a["verification"] for a in decoys.accounts["enterprise"]} == {"sso"}


def test_classes_sign_up_together_and_ask_the_same(decoys: WorldByKind) -> None:
    rooms: dict[str, list[Any]] = defaultdict(list)
    for account in decoys.accounts["class"]:
        assert account["email_domain"].endswith(".edu")
        rooms[account["email_domain"]].append(account["created_at"])
    assert all(max(made) - min(made) < timedelta(days=1) for made in rooms.values())
    repeats = Counter(row["prompt"] for row in decoys.rows["class"])
    assert sum(n for n in repeats.values() if n >= 5) > 0.3 * len(decoys.rows["class"])


def test_hackathons_last_two_days_on_one_address_and_two_bins(decoys: WorldByKind) -> None:
    assert len({row["client_ip"] for row in decoys.rows["hackathon"]}) == 1
    assert len({a["payment_bin"] for a in decoys.accounts["hackathon"]}) <= 2
    times = [row["started_at"] for row in decoys.rows["hackathon"]]
    assert max(times) - min(times) < timedelta(days=3)
    assert sum(row["system_prompt"] == STARTER for row in decoys.rows["hackathon"]) > 0.7 * len(times)


def test_agencies_share_card_device_and_address(decoys: WorldByKind) -> None:
    cards: dict[str, set[str]] = defaultdict(set)
    devices: dict[str, set[str]] = defaultdict(set)
    for a in decoys.accounts["agency"]:
        cards[a["payment_fingerprint"]].add(a["account_id"])
        devices[a["device_id"]].add(a["account_id"])
    assert max(map(len, cards.values())) >= 6
    assert len({a["org_id"] for a in decoys.accounts["agency"]}) > 3 * len(cards)
    assert sorted(map(len, devices.values())) == sorted(map(len, cards.values()))


def test_evaluators_start_within_a_day_of_the_release(decoys: WorldByKind) -> None:
    assert SCENARIO.release_day is not None
    out = SCENARIO.start + timedelta(days=SCENARIO.release_day)
    for rows in decoys.by_account("evaluator").values():
        assert out <= rows[0]["started_at"] < out + timedelta(hours=24)
    assert {row["model"] for row in decoys.rows["evaluator"]} == {"borealis-3.5"}
    shared = Counter(row["prompt"] for row in decoys.rows["evaluator"])
    assert max(shared.values()) > 3


def test_drift_monitors_repeat_exactly(decoys: WorldByKind) -> None:
    for rows in decoys.by_account("drift").values():
        assert len({row["prompt"] for row in rows}) <= 10
        assert len(rows) > 5 * len({row["prompt"] for row in rows})


def test_audit_demands_steps_under_one_vendors_template(decoys: WorldByKind) -> None:
    head = AUDIT.split("{task}")[0]
    assert all(row["prompt"].startswith(head) for row in decoys.rows["audit"])
    assert len({a["email_domain"] for a in decoys.accounts["audit"]}) == len(decoys.accounts["audit"])
    volumes = decoys.volumes("audit")
    assert volumes.max() > 3 * np.median(volumes)


def test_hobbyists_are_unequal_and_start_apart(decoys: WorldByKind) -> None:
    volumes = decoys.volumes("hobbyist")
    assert volumes.max() > 8 * np.median(volumes)
    starts = sorted(rows[0]["started_at"] for rows in decoys.by_account("hobbyist").values())
    assert starts[-1] - starts[0] > timedelta(days=8)
    demands = {row["prompt"].replace(row["slot"], "<>") for row in decoys.rows["hobbyist"]}
    assert len(demands) == 10
    tasks = Counter(row["slot"] for row in decoys.rows["hobbyist"])
    assert max(tasks.values()) > 3


def test_licensed_makers_have_the_agreement_and_nobody_else(decoys: WorldByKind) -> None:
    for kind, accounts in decoys.accounts.items():
        assert {tuple(a["agreements"]) for a in accounts} == ({("distillation",)} if kind == "licensed" else {()}), kind
    assert len({a["org_id"] for a in decoys.accounts["licensed"]}) <= 3


def test_aggregators_and_products_name_their_users(decoys: WorldByKind) -> None:
    for kind in ("aggregator", "product", "support"):
        assert all(row["end_user_id"] for row in decoys.rows[kind]), kind
    assert {row["channel"] for row in decoys.rows["aggregator"]} == {"aggregator"}
    assert len({row["system_prompt"] for row in decoys.rows["aggregator"]}) > 30
    assert all(len({r["system_prompt"] for r in rows}) == 1 for rows in decoys.by_account("product").values())
    assert decoys.volumes("product").max() > 300


def test_shared_keys_roam(decoys: WorldByKind) -> None:
    networks = [
        len({r["client_ip"] for r in rows}) for rows in decoys.by_account("shared-key").values() if len(rows) > 40
    ]
    assert min(networks) >= 4


def test_support_never_sleeps(decoys: WorldByKind) -> None:
    hours = Counter(row["started_at"].hour for row in decoys.rows["support"])
    assert min(hours[h] for h in range(24)) > 0.5 * max(hours.values())


def test_backfills_come_at_once(decoys: WorldByKind) -> None:
    for rows in decoys.by_account("backfill").values():
        assert rows[-1]["started_at"] - rows[0]["started_at"] <= timedelta(hours=31)


def test_routers_wake_together(decoys: WorldByKind) -> None:
    busy = {row["started_at"].replace(minute=0, second=0, microsecond=0) for row in decoys.rows["router"]}
    assert len(busy) <= 20
    firsts = [rows[0]["started_at"] for rows in decoys.by_account("router").values()]
    assert max(firsts) - min(firsts) < timedelta(hours=3)


def test_red_teams_are_few_declared_and_refused(decoys: WorldByKind) -> None:
    assert len({a["org_id"] for a in decoys.accounts["redteam"]}) <= 2
    refused = sum(row["stop_reason"] == "refusal" for row in decoys.rows["redteam"]) / len(decoys.rows["redteam"])
    assert 0.4 < refused < 0.65
    assert len({row["prompt"] for row in decoys.rows["redteam"]}) > 0.9 * len(decoys.rows["redteam"])


def test_test_data_is_made_under_own_templates(decoys: WorldByKind) -> None:
    for rows in decoys.by_account("fixtures").values():
        assert len({row["prompt"].replace(row["slot"], "<>") for row in rows}) == 1
    assert len({a["org_id"] for a in decoys.accounts["fixtures"] if a["org_id"]}) >= 7


def test_launch_day_brings_a_crowd(decoys: WorldByKind) -> None:
    assert SCENARIO.release_day is not None
    out = SCENARIO.start + timedelta(days=SCENARIO.release_day)
    made = [a["created_at"] for a in decoys.accounts["launch-day"]]
    assert all(out - timedelta(minutes=5) <= m <= out + timedelta(days=1) for m in made)
    asked: dict[str, set[str]] = defaultdict(set)
    for row in decoys.rows["launch-day"]:
        asked[row["prompt"]].add(row["account_id"])
    assert max(map(len, asked.values())) > 5


def test_viral_prompts_grow_like_a_contagion(decoys: WorldByKind) -> None:
    counts = Counter(row["prompt"] for row in decoys.rows["viral"])
    viral = {prompt for prompt, n in counts.most_common(3)}
    for prompt in viral:
        first: dict[str, Any] = {}
        for row in decoys.rows["viral"]:
            if row["prompt"] == prompt:
                first.setdefault(row["account_id"], row["started_at"].timestamp())
        at = np.array(list(first.values()))
        assert len(at) > 10
        middle = np.abs(at - np.median(at)) < 24 * 3_600
        assert middle.mean() > 0.6


def test_migrants_come_together_with_the_old_harness(decoys: WorldByKind) -> None:
    made = sorted(a["created_at"] for a in decoys.accounts["migration"])
    assert made[-1] - made[0] < timedelta(days=3)
    old = sum(row["system_prompt"] == OLD_HARNESS for row in decoys.rows["migration"])
    assert 0.8 < old / len(decoys.rows["migration"]) < 0.97
