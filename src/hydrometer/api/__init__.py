"""The verbs and objects of Hydrometer: what the command line, a notebook and a service call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.api.case_work import Casebook as Casebook
    from hydrometer.api.detection_result import CampaignList as CampaignList
    from hydrometer.api.detection_result import Result as Result
    from hydrometer.api.detection_verbs import attribute as attribute
    from hydrometer.api.detection_verbs import detect as detect
    from hydrometer.api.detection_verbs import explain as explain
    from hydrometer.api.detection_verbs import fingerprint as fingerprint
    from hydrometer.api.detection_verbs import list_steps as list_steps
    from hydrometer.api.detection_verbs import require_account as require_account
    from hydrometer.api.lab_verbs import evaluate as evaluate
    from hydrometer.api.lab_verbs import sample as sample
    from hydrometer.api.lab_verbs import scenarios as scenarios
    from hydrometer.api.lab_verbs import simulate as simulate
    from hydrometer.api.policy_file import Policy as Policy
    from hydrometer.api.request_guard import Guard as Guard
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
