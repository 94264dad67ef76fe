"""One account of each organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixtures.populations import NEW_YEAR, Draft, population
from hydrometer.detection.population import org_panel
from hydrometer.detection.population.org_panel import (
    count_all_orgs,
    list_other_accounts,
    list_panel_accounts,
    mask_group_orgs,
    select_first_accounts,
    select_one_per_org,
)

if TYPE_CHECKING:
    import pytest

DRAFTS = [Draft(times=[NEW_YEAR], org=org, member=number == 0) for number, org in enumerate("babca")]


def test_without_a_draw_the_panel_is_everybody_in_the_order_of_organisations() -> None:
    made, group = population(DRAFTS)
    assert count_all_orgs(made) == 3
    assert list_panel_accounts(made).tolist() == [1, 4, 0, 2, 3]
    assert select_first_accounts(made, list_panel_accounts(made)).tolist() == [1, 0, 3]
    assert mask_group_orgs(group).tolist() == [False, True, False]
    assert list_other_accounts(group).tolist() == [1, 4, 3]


def test_the_first_account_with_a_value_speaks_for_its_organisation() -> None:
    _, group = population(DRAFTS)
    mine, others = select_one_per_org(group, np.array([1.0, np.nan, 2.0, np.nan, 3.0]))
    assert (mine.tolist(), others.tolist()) == ([0], [4])


def test_a_panel_is_drawn_alike_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(org_panel, "PANEL", 5)
    panels = [list_panel_accounts(population([Draft(times=[NEW_YEAR])] * 20)[0]).tolist() for _ in range(2)]
    assert panels[0] == panels[1]
    assert len(panels[0]) == 5
