"""Public templates: operators and honest people have the same."""

from __future__ import annotations

import msgspec
import pytest

from hydrometer.lab.simulate import OperatorSpec, Scenario
from hydrometer.lab.simulate.shards import make_shard
from hydrometer.lab.simulate.world_context import WorldContext

BASE = OperatorSpec(name="hydra", accounts=30, rate=5, start_day=2, stop_day=9, public_templates=True)


@pytest.mark.parametrize(("kind", "users", "wordings"), [("grading", "judges", 3), ("synthesis", "licensed", 5)])
def test_public_wordings_are_honest_peoples_too(kind: str, users: str, wordings: int) -> None:
    spec = msgspec.structs.replace(BASE, kinds=(kind,))
    scenario = Scenario(honest=200, operators=(spec,), shares={users: 0.15}, outage_day=None)
    context = WorldContext(scenario, 3)
    shard = make_shard(context, 0, 1)
    kinds = shard.accounts["kind"][shard.exchanges["account"]]
    harvest, honest = (set(shard.exchanges["template"][kinds == name].tolist()) for name in ("operator", users))
    assert len(harvest) == wordings
    assert harvest <= honest
