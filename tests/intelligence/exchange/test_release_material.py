"""What a result holds of a campaign, gathered for a release."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hydrometer.contract import FingerprintSettings, InputError
from hydrometer.intelligence.exchange.release_material import find_campaign, read_fingerprint_settings


def test_a_campaign_that_a_result_lacks_is_refused_with_those_that_it_has() -> None:
    result: Any = SimpleNamespace(campaigns=[SimpleNamespace(id="HY-1"), SimpleNamespace(id="HY-2")], watches=[])
    assert find_campaign(result, "HY-2", Path("r")).id == "HY-2"
    with pytest.raises(InputError, match=r"r: no campaign HY-3\. Name one of: HY-1, HY-2\."):
        find_campaign(result, "HY-3", Path("r"))
    result.campaigns.clear()
    with pytest.raises(InputError, match="Name one of: none"):
        find_campaign(result, "HY-3", Path("r"))


def test_settings_of_fingerprints_come_from_the_run_or_are_the_defaults() -> None:
    result: Any = SimpleNamespace(run=SimpleNamespace(settings={}))
    assert read_fingerprint_settings(result) == FingerprintSettings()
    result.run.settings["fingerprint"] = {"shingle_words": 7}
    assert read_fingerprint_settings(result).shingle_words == 7
