"""Honest people who join together are never accused; two operators of one supplier are, each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from fixtures.detected_worlds import Labelled, Outcome, detected, labelled
from hydrometer.detection.campaigns import campaign_findings
from hydrometer.detection.campaigns.watch_record import build_watch_record
from hydrometer.lab.simulate import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract.result_records import Campaign, CandidateGroup
    from hydrometer.detection.campaigns.group_scoring import GroupJudgement
    from hydrometer.detection.population.population import Bools

ALDER, BIRCH = SCENARIOS["rivals"].operators[:2]


@pytest.fixture(scope="module")
def watched() -> dict[str, set[str]]:
    """Account ids by watch, as the detector knew them when it wrote the watches' records."""
    return {}


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    """Courses, consultancies, software houses and bootcamps: in this world a consultancy has a prompt pack that asks."""
    return labelled(replace(SCENARIOS["cohorts"], honest=700), 6, tmp_path_factory.mktemp("cohorts") / "world")


@pytest.fixture(scope="module")
def cohorts_outcome(
    cohorts: Labelled, watched: dict[str, set[str]], site_key: Path, tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    def note_accounts(campaign: Campaign, judgement: GroupJudgement, operated: Bools, asking: Bools) -> Campaign:
        accounts = judgement.group.population.accounts
        watched[campaign.id] = {accounts[number] for number in judgement.group.accounts}
        return build_watch_record(campaign, judgement, operated, asking)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign_findings, "build_watch_record", note_accounts)
        return detected(cohorts.folder, tmp_path_factory.mktemp("cohorts-result") / "result", site_key)


def read_texts(folder: Path) -> dict[str, str]:
    """Return each file of a result as text, tables with all their values."""
    return {
        str(path.relative_to(folder)): str(pq.read_table(path).to_pylist())
        if path.suffix == ".parquet"
        else path.read_text("utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_nobody_among_the_honest_is_accused(cohorts: Labelled, cohorts_outcome: Outcome) -> None:
    assert not cohorts.operators
    assert cohorts_outcome.campaigns == []
    assert cohorts_outcome.members == set()
    assert cohorts_outcome.taken == []


def test_a_watch_names_no_account_in_any_file_of_the_result(
    cohorts_outcome: Outcome, watched: dict[str, set[str]]
) -> None:
    watches = cohorts_outcome.read().watches
    assert watches, "this world has a community that cannot be told from one hand"
    assert watched.keys() == {watch.id for watch in watches}
    accounts = set().union(*watched.values())
    assert len(accounts) >= sum(watch.accounts for watch in watches) > 0
    texts = read_texts(cohorts_outcome.out)
    assert {"campaigns.json", "candidates.json", "considered.parquet", "members.parquet", "report.html"} <= texts.keys()
    named = {name: sorted(account for account in accounts if account in text) for name, text in texts.items()}
    assert {name: found for name, found in named.items() if found} == {}


def test_a_watch_names_no_value_by_which_its_accounts_could_be_looked_up(
    cohorts: Labelled, cohorts_outcome: Outcome, watched: dict[str, set[str]]
) -> None:
    """Cards, blocks of addresses and domains that most of a watched group share, and hardly anybody else."""
    rows = cohorts.world.accounts.to_pylist()
    result = cohorts_outcome.read()
    records: list[tuple[str | None, Campaign | CandidateGroup]] = [(watch.id, watch) for watch in result.watches]
    records += [(group.campaign_id, group) for group in result.candidates if group.verdict == "watch"]
    assert len(records) == 2 * len(watched)
    for watch, record in records:
        text = msgspec.json.encode(record).decode()
        for column in ("payment_bin", "payment_fingerprint", "email_domain", "device_id", "signup_ip"):
            shown = {row[column] for row in rows if row["account_id"] in watched[watch or ""] if row[column]}
            assert not [value for value in shown if len(value) > 4 and value in text], column


def test_a_watch_says_what_would_decide(cohorts_outcome: Outcome) -> None:
    for watch in cohorts_outcome.read().watches:
        least, most = watch.suspected_accounts or (-1, -1)
        assert 0 <= least <= most <= watch.accounts
        assert watch.would_decide
        assert watch.innocent_explanation is not None
        assert any("needed" in line or "may" in line or "vaguely" in line for line in watch.story[1:])


@pytest.mark.parametrize("seed", [5, 6])
def test_two_operators_of_one_supplier_are_two_campaigns(seed: int, site_key: Path, tmp_path: Path) -> None:
    scenario = replace(SCENARIOS["rivals"], honest=250, operators=(replace(ALDER, accounts=160), BIRCH))
    assert ALDER.supplier == BIRCH.supplier
    world = labelled(scenario, seed, tmp_path / "world")
    outcome = detected(world.folder, tmp_path / "result", site_key)
    assert len(outcome.campaigns) == 2
    groups = list(outcome.groups.values())
    for accounts in world.operators.values():
        best = max(groups, key=lambda group: len(group & accounts))
        assert len(best & accounts) >= 0.9 * len(accounts)
        assert len(best & accounts) >= 0.95 * len(best)
    assert outcome.members <= world.run_by_operators
    assert all(campaign.operation >= 6.0 for campaign in outcome.campaigns)
