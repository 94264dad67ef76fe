"""The second look at texts: few exchanges, and of each template its own."""

from __future__ import annotations

from hydrometer.contract.result_records import HARVESTED
from hydrometer.detection.redacted_templates import _group_by_template


def test_harvested_exchanges_are_gathered_by_campaign_and_template() -> None:
    rows = [
        ("ex_3", "HY-1", "T1"),
        ("ex_1", "HY-1", "T1"),
        ("ex_2", "HY-1", "T2"),
        ("ex_4", "HY-2", "T1"),
        ("ex_5", "HY-2", None),
    ]
    table = HARVESTED.schema.empty_table().from_pylist(
        [{"exchange_id": e, "campaign_id": c, "template_id": t, "probability": 0.9} for e, c, t in rows],
        schema=HARVESTED.schema,
    )
    assert _group_by_template(table) == {
        ("HY-1", "T1"): ["ex_1", "ex_3"],
        ("HY-1", "T2"): ["ex_2"],
        ("HY-2", "T1"): ["ex_4"],
    }
