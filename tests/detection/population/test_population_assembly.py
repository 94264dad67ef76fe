"""The steps on the real engine: what is counted, how it is numbered, and what of it is unknown."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fixtures.small_traffic import BEGIN, Row, exchange, measured, plain, ran, shown
from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.fingerprint_columns import ELICITATION_CLASSES
from hydrometer.contract.settings import FingerprintSettings, Settings
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.population.entity_steps import TRAFFIC_KINDS
from hydrometer.detection.population.population_assembly import list_measuring_steps
from hydrometer.detection.signals.signal import find_signals

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.detection.population.population import Population


def everyday() -> tuple[list[Row], list[Row]]:
    """Forty exchanges of eight accounts in five organisations, with most columns."""
    rng = random.Random(7)
    exchanges = [
        exchange(
            number,
            f"acc-{number % 8}",
            client_ip=f"10.0.{number % 3}.{number % 5}" if number % 7 else None,
            user_agent=f"client {number % 2}",
            ja4=f"ja4-{number % 2}",
            end_user_id=f"end-user-{number % 6:020d}",
            output_tokens=rng.randrange(1000),
            turns=1 + number % 2,
            language="en",
            stop_reason="refusal" if number % 10 == 0 else "end_turn",
            elicitation=ELICITATION_CLASSES[number % 3],
            elicitation_confidence=0.9,
            capability="code",
            tool_names=["search", "edit"],
            sketch=sorted({number % 4, 10 + number % 8, 100 + number}),
        )
        for number in range(40)
    ]
    accounts = [
        {
            "account_id": f"acc-{n}",
            "org_id": f"org-{n // 2}" if n < 6 else None,
            "created_at": BEGIN - timedelta(days=n),
            "payment_bin": "4000",
        }
        for n in range(7)
    ]
    return exchanges, accounts


def test_the_order_of_the_input_changes_nothing(tmp_path: Path) -> None:
    exchanges, accounts = everyday()
    first = measured(tmp_path / "a", exchanges, accounts)
    random.Random(3).shuffle(exchanges)
    random.Random(4).shuffle(accounts)
    assert plain(measured(tmp_path / "b", exchanges, accounts)) == plain(first)


def test_accounts_are_numbered_by_id_and_organisations_beside_them(tmp_path: Path) -> None:
    made = measured(tmp_path, *everyday())
    assert made.accounts == [f"acc-{n}" for n in range(8)]
    assert made.org.tolist() == [2, 2, 3, 3, 4, 4, 0, 1]
    assert made.orgs == ["acc-6", "acc-7", "org-0", "org-1", "org-2"]


def test_an_organisation_with_the_name_of_an_account_is_another(tmp_path: Path) -> None:
    accounts = [{"account_id": "b", "org_id": "a"}, {"account_id": "c", "org_id": "a"}]
    made = measured(tmp_path, [exchange(n, account) for n, account in enumerate("abc")], accounts)
    assert len(set(made.org.tolist())) == 2
    assert made.org[1] == made.org[2] != made.org[0]


@pytest.mark.parametrize("turned", [False, True])
def test_a_repeated_exchange_counts_once_and_the_earliest_stays(tmp_path: Path, turned: bool) -> None:
    late = exchange(5, "b", exchange_id="same", model="model-b", output_tokens=9)
    exchanges = [exchange(1, "a", exchange_id="same", output_tokens=3), late, late, exchange(8, "c")]
    made = measured(tmp_path, exchanges[::-1] if turned else exchanges)
    assert list(made.accounts) == ["a", "c"]
    assert made.models == ["model-a"]
    assert made.facts["exchanges"].tolist() == [1, 1]
    assert made.facts["output_tokens"][0] == 3


def test_events_are_ordered_by_account_and_time(tmp_path: Path) -> None:
    exchanges, accounts = everyday()
    made = measured(tmp_path, exchanges, accounts)
    events = made.events
    assert events.starts.tolist() == [5 * n for n in range(8)]
    assert events.counts.tolist() == [5] * 8
    for account in range(8):
        assert np.all(np.diff(events.time[events.list_exchanges(np.array([account]))]) > 0)
    assert (made.start, made.end) == (events.time.min(), events.time.max())
    assert made.start == int(BEGIN.timestamp() * 1e6)


def test_facts_count_what_an_account_did(tmp_path: Path) -> None:
    night = timedelta(hours=15)
    exchanges = [
        exchange(0, "a", turns=1, client_ip="10.0.0.1", prompt_hash=1, language="en", input_tokens=4),
        exchange(1, "a", turns=3, client_ip="10.0.0.2", prompt_hash=1, language="fr", stop_reason="refusal"),
        exchange(2, "a", started_at=BEGIN + night, turns=1, client_ip="10.0.1.1", session_id="s", user_agent="u"),
        exchange(3, "a", end_user_id="e", started_at=BEGIN + timedelta(days=1)),
    ]
    made = measured(tmp_path, exchanges)
    told = {name: value.tolist()[0] for name, value in made.facts.items()}
    assert told["exchanges"] == 4
    assert told["active_days"] == 2
    assert told["hours_of_day"] == 2
    assert told["active_hours"] == 3
    assert told["single_turn"] == pytest.approx(2 / 3)
    assert (told["addresses"], told["networks"], told["with_address"]) == (3, 2, 3)
    assert (told["languages"], told["sessions"], told["user_agents"], told["end_users"]) == (2, 1, 1, 1)
    assert told["prompts"] == 3
    assert told["refused"] == 0.25
    assert told["input_tokens"] == 4
    assert told["last_seen"] - told["first_seen"] == 86_400e6


def test_what_nobody_told_is_unknown(tmp_path: Path) -> None:
    made = measured(tmp_path, [exchange(n, f"a{n % 3}") for n in range(9)])
    for fact in ("created", "single_turn", "output_tokens", "input_tokens", "reasoning_tokens", "contradictions"):
        assert np.all(np.isnan(made.facts[fact])), fact
    for fact in ("addresses", "networks", "user_agents", "end_users", "languages", "sessions", "refused", "demand"):
        assert np.all(made.facts[fact] == 0), fact
    assert made.entities == {}
    assert not made.authorised.any()
    assert not made.verified.any()


def test_null_columns_are_measured_and_tested_without_complaint(tmp_path: Path) -> None:
    """Kinds of entity whose column is there but empty, and every signal over them."""
    nothing: dict[str, object] = {
        "client_ip": None,
        "ja4": None,
        "user_agent": None,
        "prompt_hash": None,
        "sketch": None,
    }
    exchanges = [exchange(n, f"a{n % 12}", **nothing, end_user_id="", tool_names=[]) for n in range(60)]
    with ran(tmp_path, exchanges) as engine:
        for kind in TRAFFIC_KINDS:
            assert engine.count(f"entity_{kind}") == 0, kind
        assert engine.count("fragment") == 0
    # The ledger reads what was conformed, where nothing is blank.
    exchanges = [row | {"end_user_id": None} for row in exchanges]
    made = measured(tmp_path / "again", exchanges, [{"account_id": "a1", "signup_ip": None, "email_local": ""}])
    group = AccountGroup(made, np.arange(made.size) < 6)
    assert [signal.name for signal in find_signals() if signal.gather_evidence(group)] == []


def test_no_traffic_is_an_empty_population(tmp_path: Path) -> None:
    made = measured(tmp_path, [], [{"account_id": "a", "org_id": "o"}])
    assert (made.size, made.accounts, made.orgs, made.models) == (0, [], [], [])
    assert (made.start, made.end, made.releases) == (0, 0, {})
    assert made.events.starts.tolist() == []
    assert made.fragments.orgs.size == 0
    assert all(values.size == 0 for values in made.facts.values())


def test_addresses_belong_to_blocks(tmp_path: Path) -> None:
    addresses = {
        "a": "192.0.2.17",
        "b": "192.0.2.200",
        "c": "192.0.3.17",
        "d": "2001:db8:0:5::1",
        "e": "2001:db8::1",
        "f": "2001:db8:1:5::1",
        "g": "2001:db8:1:6:7:8:9:a",
        "h": "2001::5",
        "i": "2001::6",
        "j": "::1",
    }
    made = measured(
        tmp_path,
        [exchange(n, account, client_ip=address) for n, (account, address) in enumerate(addresses.items())],
        [{"account_id": account, "signup_ip": address} for account, address in addresses.items()],
    )
    blocks = {
        "192.0.2.0/24": ["a", "b"],
        "192.0.3.0/24": ["c"],
        "2001:db8:0::/48": ["d", "e"],
        "2001:db8:1::/48": ["f", "g"],
        "2001:0:0::/48": ["h", "i"],
        "0:0:0::/48": ["j"],
    }
    assert shown(made, "network") == blocks
    assert shown(made, "signup_network") == blocks


def test_entities_count_organisations(tmp_path: Path) -> None:
    accounts: list[Row] = [{"account_id": name, "org_id": "one", "device_id": "d"} for name in ("a", "b")]
    accounts += [{"account_id": "c", "device_id": "d"}, {"account_id": "z", "device_id": "of nobody's traffic"}]
    exchanges = [exchange(n, "abc"[n % 3], client_ip="10.0.0.1") for n in range(9)]
    made = measured(tmp_path, exchanges, accounts)
    device, address = made.entities[EntityKind.DEVICE], made.entities[EntityKind.ADDRESS]
    assert shown(made, "device") == {"d": ["a", "b", "c"]}
    assert (device.orgs.tolist(), device.uses.tolist(), device.single) == ([2], [1, 1, 1], True)
    assert (address.orgs.tolist(), address.uses.tolist(), address.single) == ([2], [3, 3, 3], False)


def test_names_have_shapes(tmp_path: Path) -> None:
    names = {"a": "Anna.Berg7", "b": "jo.x1", "c": "émile_99"}
    accounts = [
        {"account_id": account, "email_local": name, "email_domain": "Own.Example"} for account, name in names.items()
    ]
    made = measured(tmp_path, [exchange(n, account) for n, account in enumerate(names)], accounts)
    assert shown(made, "email_shape") == {"a.a9": ["a", "b"], "a_99": ["c"]}
    assert shown(made, "email_length") == {"aaaa.aaaa9": ["a"], "aa.a9": ["b"], "aaaaa_99": ["c"]}
    assert shown(made, "email_domain") == {"own.example": ["a", "b", "c"]}


def test_short_ids_of_end_users_are_a_customers_own_numbering(tmp_path: Path) -> None:
    made = measured(tmp_path, [exchange(n, "ab"[n % 2], end_user_id="7" if n < 2 else "7" * 20) for n in range(4)])
    assert shown(made, "end_user") == {"7" * 20: ["a", "b"]}


def test_tools_are_a_set(tmp_path: Path) -> None:
    exchanges = [
        exchange(0, "a", tool_names=["x", "y"]),
        exchange(1, "b", tool_names=["y", "x"]),
        exchange(2, "c", tool_names=[]),
    ]
    assert shown(measured(tmp_path, exchanges), "tools") == {"x y": ["a", "b"]}


def fragments(made: Population) -> list[tuple[tuple[int, ...], int, int, int]]:
    """Each fragment: the exchanges that carry it; its organisations, prompts and exchanges."""
    found = made.fragments
    exchange, fragment = found.list_exchange_pairs(made.events, np.arange(made.size))
    carried = [tuple(exchange[fragment == n].tolist()) for n in range(found.orgs.size)]
    counts = (values.tolist() for values in (found.orgs, found.prompts, found.exchanges))
    return sorted(zip(carried, *counts, strict=True))


def test_shingles_of_the_same_exchanges_are_one_fragment(tmp_path: Path) -> None:
    sketches = [[1, 2, 3, 90], [1, 2, 3, 91], [1, 2, 92], [3, 93]]
    exchanges = [exchange(n, f"a{n}", sketch=sketch) for n, sketch in enumerate(sketches)]
    made = measured(tmp_path, exchanges)
    # 1 and 2 are carried by the first three; 3 by the first two and the last; the others by one.
    assert fragments(made) == [((0, 1, 2), 3, 3, 3), ((0, 1, 3), 3, 3, 3)]


@pytest.mark.parametrize(
    ("accounts", "prompts", "shared"),
    [("abc", (1, 2, 3), True), ("aab", (1, 2, 3), True), ("abc", (1, 2, 2), False), ("aaa", (1, 2, 3), False)],
)
def test_boilerplate_is_of_two_organisations_and_three_prompts(
    tmp_path: Path, accounts: str, prompts: tuple[int, ...], shared: bool
) -> None:
    exchanges = [exchange(n, accounts[n], sketch=[5], prompt_hash=prompt) for n, prompt in enumerate(prompts)]
    assert bool(fragments(measured(tmp_path, exchanges))) == shared


def test_accounts_of_one_organisation_share_no_boilerplate(tmp_path: Path) -> None:
    exchanges = [exchange(n, f"a{n}", sketch=[5]) for n in range(4)]
    accounts = [{"account_id": f"a{n}", "org_id": "one"} for n in range(4)]
    assert fragments(measured(tmp_path, exchanges, accounts)) == []


def test_a_client_contradicts_itself_when_its_software_hardly_ever_shows_the_fingerprint(tmp_path: Path) -> None:
    exchanges = [exchange(n, f"a{n:03d}", user_agent="browser", ja4="usual") for n in range(99)]
    exchanges.append(exchange(99, "odd", user_agent="browser", ja4="foreign"))
    exchanges.append(exchange(100, "odd", user_agent="browser", ja4="usual"))
    exchanges.append(exchange(101, "rare", user_agent="rare client", ja4="its own"))
    exchanges.append(exchange(102, "silent", user_agent="browser"))
    made = measured(tmp_path, exchanges)
    told = dict(zip(made.accounts, made.facts["contradictions"].tolist(), strict=True))
    assert told["a000"] == 0
    assert told["odd"] == 0.5
    assert told["rare"] == 0
    assert np.isnan(told["silent"])


def test_agreements_and_verification_hold_for_the_whole_organisation(tmp_path: Path) -> None:
    accounts: list[Row] = [
        {"account_id": "a", "org_id": "one", "agreements": ["distillation"]},
        {"account_id": "b", "org_id": "one"},
        {"account_id": "c", "agreements": ["other"], "verification": "sso"},
        {"account_id": "d", "agreements": [], "verification": "email"},
    ]
    made = measured(tmp_path, [exchange(n, name) for n, name in enumerate("abcd")], accounts)
    assert made.authorised.tolist() == [True, True, False, False]
    assert made.verified.tolist() == [False, False, True, False]


def test_releases_are_told_or_seen_within_the_span(tmp_path: Path) -> None:
    def later(hours: int, model: str, number: int) -> Row:
        return exchange(
            number, f"a{number % 5}", started_at=BEGIN + timedelta(hours=hours, minutes=number), model=model
        )

    exchanges = [later(0, "old", n) for n in range(60)] + [later(300, "seen", n + 100) for n in range(60)]
    exchanges += [later(300, "rare", n + 200) for n in range(5)] + [later(400, "told", n + 300) for n in range(3)]
    told = BEGIN + timedelta(hours=399)
    made = measured(tmp_path, exchanges, releases={"told": told, "old": BEGIN - timedelta(days=30), "unused": told})
    releases = {made.models[number]: moment for number, moment in made.releases.items()}
    assert releases == {
        "told": int(told.timestamp() * 1e6),
        "seen": int((BEGIN + timedelta(hours=300, minutes=100)).timestamp() * 1e6),
    }


def test_an_exchange_is_a_demand_from_the_set_confidence_on(tmp_path: Path) -> None:
    exchanges = [
        exchange(0, "a", elicitation="grading", elicitation_confidence=0.7),
        exchange(1, "a", elicitation="grading", elicitation_confidence=0.4),
        exchange(2, "a", elicitation="none", elicitation_confidence=0.9),
        exchange(3, "a"),
    ]
    usual = measured(tmp_path / "a", exchanges)
    assert usual.events.demand.tolist() == [True, False, False, False]
    assert usual.events.kind[0] == ELICITATION_CLASSES.index("grading")
    low = Settings(fingerprint=FingerprintSettings(elicitation_threshold=0.3))
    assert measured(tmp_path / "b", exchanges, settings=low).events.demand.tolist() == [True, True, False, False]


def test_steps_have_names_of_their_own_and_say_what_they_mean() -> None:
    steps = list_measuring_steps(Settings())
    names = [step.name for step in steps]
    assert len(set(names)) == len(names)
    assert {f"entity_{kind}" for kind in TRAFFIC_KINDS} < set(names)
    assert all(step.meaning and step.sql for step in steps)
