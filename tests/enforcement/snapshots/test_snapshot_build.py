"""From a result, account tables, a policy and keys to a guard that decides; by the functions and by the command line."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from hydrometer.cli.app import app
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.attribution_records import build_empty_attribution
from hydrometer.contract.decisions import ModelRequest, Verdict
from hydrometer.contract.errors import InputError
from hydrometer.contract.evidence_families import FAMILIES
from hydrometer.contract.result_records import (
    BLOCKS,
    CONSIDERED,
    HARVESTED,
    INDICATORS,
    MEMBERS,
    TEMPLATES,
    Campaign,
    CampaignExhibit,
    RunRecord,
)
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.guard.guard_runtime import OTHER_KEY, SnapshotSketcher
from hydrometer.enforcement.guard.snapshot_watcher import SnapshotLoader
from hydrometer.enforcement.signing_keys import make_keys, read_verify_key
from hydrometer.enforcement.snapshots.ban_evasion import suspect_organisations
from hydrometer.enforcement.snapshots.snapshot_build import SnapshotOptions
from hydrometer.enforcement.snapshots.snapshot_files import SnapshotRequest, inspect_snapshot, write_snapshot
from hydrometer.fingerprint import SiteKey
from hydrometer.fingerprint.online_sketcher import OnlineSketcher
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract.table_spec import TableSpec

END = datetime(2026, 4, 18, tzinfo=UTC)
BEGUN = END - timedelta(days=9)
WORDING = " ".join("".join(random.Random(n).choices("abcdefghij", k=6)) for n in range(90))
POLICY = """
version: 1
mode: enforce
appeal: https://provider.example/appeal
rules:
  - name: reviewed
    when: verdict.member && verdict.reviewed
    action: block
    person: true
    reason: on hold
  - name: members
    when: verdict.member
    action: verify
    reason: please verify
  - name: successors
    when: verdict.successor
    action: withhold_reasoning
    reason: limited
"""


def campaign(name: str, probability: float) -> Campaign:
    return Campaign(
        id=name,
        probability=probability,
        coordination=9.0,
        harvest=9.0,
        first_seen=BEGUN,
        last_seen=END,
        accounts=40,
        exchanges=900,
        harvested=800,
        capabilities={},
        elicitation={},
        models={},
        evidence=[],
        counter_evidence=[],
        story=[],
        attribution=build_empty_attribution(),
        exhibit=CampaignExhibit(
            days=[], exchanges_by_day=[], harvested_by_day=[], hour_by_day=[], entities=[], templates=[], releases=[]
        ),
    )


def table(declared: TableSpec, *rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=declared.schema)


def member(campaign_id: str, account: str, probability: float) -> dict[str, Any]:
    bits = {f"bits_{family}": 1.0 for family in FAMILIES}
    seen = {"first_seen": BEGUN, "last_seen": END, "exchanges": 9, "harvested": 8, "reasons": ["why"]}
    return {"campaign_id": campaign_id, "account_id": account, "probability": probability, **bits, **seen}


def indicator(kind: str, value: str, accounts: int, population: int) -> dict[str, Any]:
    seen = {"exchanges": 9, "first_seen": BEGUN, "last_seen": END, "family": "identity"}
    return {"campaign_id": "HY-1", "kind": kind, "value": value, "accounts": accounts, "population": population, **seen}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a result, accounts, a policy and keys."""
    key = SiteKey.load_or_create(tmp_path / "site.key")
    hashes = OnlineSketcher(FingerprintSettings(), key)("", WORDING).tolist()
    run = RunRecord(
        version="1",
        versions={},
        started_at=END,
        status="done",
        seed=1,
        settings={"fingerprint": {"shingle_words": 3, "elicitation_threshold": 0.5}},
        inputs=[],
        rows={"accounts": 20_000},
        rejected={},
        repaired={},
        notes={},
        absent_columns=[],
        signals_off=[],
        caps=[],
        stages=[],
        calibration={},
        last_exchange=END,
    )
    template = {"campaign_id": "HY-1", "template_id": "T-1", "exchanges": 800, "accounts": 40, "elicitation": "none"}
    ResultFolder(
        campaigns=[campaign("HY-1", 0.98), campaign("HY-2", 0.4)],
        run=run,
        candidates=[],
        members=table(
            MEMBERS, member("HY-1", "sure", 0.99), member("HY-1", "unsure", 0.5), member("HY-2", "elsewhere", 0.99)
        ),
        harvested=table(HARVESTED),
        considered=table(CONSIDERED),
        indicators=table(
            INDICATORS,
            indicator("bin", "453204", 30, 33),
            indicator("device", "d-1", 12, 12),
            indicator("ja4", "t13d-odd", 30, 31),
            indicator("address", "198.51.100.7", 12, 12),
            indicator("user_agent", "OpenAI/Python", 40, 9_000),
            indicator("signup_day", "2026-04-01", 40, 40),
        ),
        templates=table(TEMPLATES, {**template, "hashes": hashes, "background": 0.0}),
        blocks=table(BLOCKS),
    ).write(tmp_path / "result")
    made = {"created_at": BEGUN - timedelta(days=2), "org_id": "o"}
    rows = [
        {"account_id": "sure", "plan": "pro", **made},
        {"account_id": "asleep", "payment_bin": "453204", "device_id": "d-1", **made},
        {"account_id": "card only", "payment_bin": "453204", **made},
        {"account_id": "old", "payment_bin": "453204", "device_id": "d-1", "created_at": BEGUN - timedelta(days=400)},
        {"account_id": "honest", **made},
    ]
    (tmp_path / "traffic").mkdir()
    pq.write_table(table(ACCOUNTS, *rows), tmp_path / "traffic" / "accounts.parquet")
    exchange = {"exchange_id": "x", "started_at": END, "account_id": "honest", "model": "m", "prompt": "hello"}
    pq.write_table(pa.Table.from_pylist([exchange]), tmp_path / "traffic" / "exchanges.parquet")
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    make_keys(tmp_path / "signing")
    return tmp_path


def write(site: Path, **more: Any) -> Any:
    request = SnapshotRequest(
        result=site / "result",
        policy=site / "policy.yaml",
        key=site / "signing",
        accounts=site / "traffic",
        site_key=site / "site.key",
        **more,
    )
    return write_snapshot(request, site / "snapshot", now=END)


def opened(
    site: Path, *, public: str = "signing.pub", key: str = "site.key", at: float = END.timestamp()
) -> tuple[DecisionPoint, SnapshotSketcher, str]:
    """Put the parts of a running guard together; return what decides, its sketch, and why the snapshot is refused."""
    sketcher = SnapshotSketcher(SiteKey.load(site / key))
    decision_point = DecisionPoint(None, sketcher)
    outcome = SnapshotLoader(decision_point, site / "snapshot", [read_verify_key(site / public)]).refresh(at)
    if decision_point.snapshot is not None:
        sketcher.follow(decision_point.snapshot)
    return decision_point, sketcher, outcome.refusal


def act(guard: Any, account: str, **more: Any) -> tuple[str, str]:
    decision = guard.decide(ModelRequest(account_id=account, **more), END.timestamp() + 60)
    return decision.action, decision.why


def test_a_guard_decides_by_what_was_found(site: Path) -> None:
    built = write(site)
    assert built.holds["members"] == 1
    assert built.holds["successors"] == 1
    assert built.left_out == {
        "campaigns below the least probability": 1,
        "members below the least probability": 1,
        "members of campaigns left out": 1,
        "values that others show too, or one account alone": 1,
    }
    guard, sketcher, refusal = opened(site)
    assert (sketcher.problem, refusal) == ("", "")
    assert guard.snapshot is not None
    assert guard.snapshot.created_at == END.timestamp()
    assert act(guard, "sure") == ("verify", "member")
    assert act(guard, "unsure") == act(guard, "elsewhere") == act(guard, "honest") == ("allow", "")
    # A sleeping pool is made with the one that works: it is known before its first request.
    assert act(guard, "asleep") == ("withhold_reasoning", "successor: bin+device")
    assert act(guard, "card only") == act(guard, "old") == ("allow", "")
    assert act(guard, "new", prompt=WORDING) == ("withhold_reasoning", "successor: template")
    assert act(guard, "newer", client_ip="198.51.100.7", ja4="t13d-odd")[0] == "withhold_reasoning"
    assert act(guard, "newest", ja4="t13d-odd", user_agent="OpenAI/Python") == ("allow", "")


def test_a_disguised_wording_is_recognised(site: Path) -> None:
    write(site)
    guard, _, _ = opened(site)
    assert guard.snapshot is not None
    assert guard.snapshot.sketch["fold"] == 0  # the result does not say by which fold it was made
    disguised = WORDING.replace("e", "е").replace("o", "о").replace("a", "a\u200b")  # the first two are Cyrillic
    assert disguised != WORDING
    assert act(guard, "new", prompt=disguised) == ("withhold_reasoning", "successor: template")


def test_people_are_heard(site: Path) -> None:
    chosen = SnapshotOptions(
        cleared=frozenset({"sure", "asleep", "new"}), upheld_accounts=frozenset({("unsure", "HY-1"), ("gone", "HY-9")})
    )
    built = write(site, options=chosen)
    assert (built.holds["members"], built.holds["successors"], built.holds["cleared"]) == (1, 0, 3)
    guard, _, _ = opened(site)
    assert act(guard, "unsure") == ("block", "member")
    for account in ("sure", "asleep", "new"):
        assert act(guard, account, prompt=WORDING) == ("allow", "")


def test_another_site_key_another_signature_and_no_snapshot_are_told(site: Path) -> None:
    write(site)
    SiteKey.load_or_create(site / "other.key")
    _, sketcher, _ = opened(site, key="other.key")
    assert sketcher.problem == OTHER_KEY
    make_keys(site / "stranger")
    assert "none of the keys" in opened(site, public="stranger.pub")[-1]
    assert "expired" in opened(site, at=END.timestamp() + 48 * 3600)[-1]
    with pytest.raises(InputError, match="none of the keys"):
        inspect_snapshot(site / "snapshot", [site / "stranger.pub"])
    with pytest.raises(InputError, match="cannot be read"):
        inspect_snapshot(site / "absent", [site / "signing.pub"])


def test_the_command_line(site: Path) -> None:
    def ran(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["guard", *arguments])

    keys = ran("keygen", "--out", str(site / "keys" / "new"))
    assert keys.exit_code == 0, keys.output
    assert ran("keygen", "--out", str(site / "keys" / "new")).exit_code == 2
    (site / "cleared.txt").write_text("sure\n\n", "utf-8")
    given = ["--policy", str(site / "policy.yaml"), "--key", str(site / "keys" / "new"), "--out", str(site / "s")]
    given += ["--site-key", str(site / "site.key"), "--cleared", str(site / "cleared.txt")]
    given += ["--casebook", str(site / "casebook.db")]
    told = ran("snapshot", str(site / "result"), *given)
    assert told.exit_code == 0, told.output
    assert "1 cleared" in told.stdout
    assert json.loads(ran("snapshot", str(site / "result"), *given, "--json").stdout)["holds"]["templates"] == 1
    seen = ran("inspect", str(site / "s"), "--public-key", str(site / "keys" / "new.pub"))
    assert json.loads(seen.stdout)["templates"][0]["id"] == "T-1"
    refused = ran("inspect", str(site / "s"), "--public-key", str(site / "signing.pub"))
    assert refused.exit_code == 2
    assert "none of the keys" in refused.stderr
    assert ran("snapshot", str(site / "nowhere"), *given).exit_code == 2


def test_an_organisation_that_is_nearly_all_members_answers_for_its_next_accounts() -> None:
    held = [Verdict(subject=f"m{n}", scope="account", campaign=0, probability=0.9) for n in range(8)]
    rows = [{"account_id": f"m{n}", "org_id": "shell"} for n in range(4)]
    rows += [{"account_id": f"m{n}", "org_id": "mixed"} for n in range(4, 7)]
    rows += [{"account_id": f"h{n}", "org_id": "mixed"} for n in range(3)]
    rows += [{"account_id": "m7", "org_id": "alone"}]
    found = suspect_organisations(table(ACCOUNTS, *rows), held, 0.85)
    assert [(one.subject, one.scope, one.successor) for one in found] == [("shell", "organisation", True)]
    assert found[0].probability == 0.85
