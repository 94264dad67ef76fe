"""Hydrometer finds networks of fraudulent accounts that harvest a language model's outputs.

>>> import hydrometer as hy
>>> result = hy.detect(hy.sample())
>>> result
Result: 2 campaigns, 130 accounts, ... exchanges harvested
  HY-f3a2226c: almost certain, 60 accounts, ... of 2,847 exchanges harvested
  HY-3748d797: very likely, 70 accounts, ... of 3,627 exchanges harvested
>>> result["HY-f3a2226c"].evidence[0].family
'identity'
>>> result.members.column_names[:3]
['campaign_id', 'account_id', 'probability']

docs/python.md goes through all of it.
"""

from __future__ import annotations

TYPE_CHECKING = False
"""As type checkers read it; `typing` itself would take longer to import than all else here."""

if TYPE_CHECKING:
    from hydrometer.api import Casebook as Casebook
    from hydrometer.api import Guard as Guard
    from hydrometer.api import Policy as Policy
    from hydrometer.api import Result as Result
    from hydrometer.api import attribute as attribute
    from hydrometer.api import detect as detect
    from hydrometer.api import evaluate as evaluate
    from hydrometer.api import explain as explain
    from hydrometer.api import fingerprint as fingerprint
    from hydrometer.api import sample as sample
    from hydrometer.api import scenarios as scenarios
    from hydrometer.api import simulate as simulate
    from hydrometer.contract import InputError as InputError
    from hydrometer.contract import Settings as Settings
    from hydrometer.enforcement.guard import ClientIdentity as ClientIdentity
    from hydrometer.enforcement.guard import GuardMiddleware as GuardMiddleware
    from hydrometer.enforcement.guard import LiteLLMGuardrail as LiteLLMGuardrail
else:
    from hydrometer.exports import export_lazily, keep_exports

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
    keep_exports(__name__)

__version__ = "0.1.0"
