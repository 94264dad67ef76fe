"""Private set intersection: two sites learn which indicators both know, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.intelligence.psi.item_list import ItemList as ItemList
    from hydrometer.intelligence.psi.item_list import read_match_items as read_match_items
    from hydrometer.intelligence.psi.match_sessions import MatchOptions as MatchOptions
    from hydrometer.intelligence.psi.match_sessions import join_match as join_match
    from hydrometer.intelligence.psi.match_sessions import serve_match as serve_match
    from hydrometer.intelligence.psi.partner_file import make_partner as make_partner
    from hydrometer.intelligence.psi.query_quota import open_query_ledger as open_query_ledger
    from hydrometer.intelligence.psi.session_terms import MatchResult as MatchResult
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
