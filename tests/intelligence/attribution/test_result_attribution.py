"""An operator that comes back is recognised by what its earlier campaign left in one's own intelligence."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from hydrometer import api
from hydrometer.contract.intel_records import Actor
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.intelligence.attribution.result_attribution import attribute_result
from hydrometer.intelligence.exchange.intel_additions import add_actor, add_campaign
from hydrometer.intelligence.exchange.stix_ids import make_id
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract.result_records import Campaign

SETTINGS = Settings(threads=1, exhibits=False)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results of the first and of the second half of the bundled sample, under one site key."""
    place = tmp_path_factory.mktemp("halves")
    key = place / "site.key"
    key.touch(mode=0o600)
    key.write_bytes(b"0123456789abcdef")
    exchanges = pq.read_table(api.sample() / "exchanges.parquet")
    first: datetime = pc.min(exchanges["started_at"]).as_py()
    last: datetime = pc.max(exchanges["started_at"]).as_py()
    middle = first + (last - first) / 2
    results = []
    for name, seen in (
        ("first", pc.less(exchanges["started_at"], middle)),
        ("second", pc.greater_equal(exchanges["started_at"], middle)),
    ):
        traffic = place / name
        traffic.mkdir()
        pq.write_table(exchanges.filter(seen), traffic / "exchanges.parquet")
        for other in ("accounts.parquet", "models.json"):
            shutil.copy(api.sample() / other, traffic)
        result = place / f"result-{name}"
        api.detect(traffic, result, SETTINGS, site_key=key, mapping=None, source=None, progress=SilentProgress())
        results.append(result)
    return results[0], results[1]


def owner(result: Path, campaign: Campaign) -> str:
    """The operator that has most members of a campaign, by the truth of the sample."""
    truth = pq.read_table(api.sample().with_name("world.truth") / "accounts.parquet").to_pylist()
    whose = {row["account_id"]: row["operator"] for row in truth}
    members = pq.read_table(result / "members.parquet").to_pylist()
    held = Counter(whose[row["account_id"]] or "" for row in members if row["campaign_id"] == campaign.id)
    return held.most_common(1)[0][0]


def test_an_operator_that_comes_back_is_named(halves: tuple[Path, Path], tmp_path: Path) -> None:
    before, after = halves
    intel = tmp_path / "intel"
    names = set()
    for campaign in ResultFolder.read(before).campaigns:
        name = f"crew of {owner(before, campaign)}"
        names.add(name)
        add_actor(intel, Actor(id=make_id("intrusion-set", name), name=name, roles=("operator",)))
        add_campaign(intel, before, campaign.id, actor=name)
    assert names
    told = attribute_result(after, [intel], SETTINGS.attribution).campaigns
    concluded = {c.attribution.answers[0].conclusion for c in told} - {"not attributed"}
    assert concluded
    for campaign in told:
        answer = campaign.attribution.answers[0]
        assert answer.conclusion in ("not attributed", f"crew of {owner(after, campaign)}")
