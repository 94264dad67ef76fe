"""What a person reads: the drawing kit, and every page and explanation made with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.report.backtest.backtest_page import describe_outcome as describe_outcome
    from hydrometer.report.backtest.backtest_page import render_backtest as render_backtest
    from hydrometer.report.evaluation.evaluation_drawing import draw_evaluation as draw_evaluation
    from hydrometer.report.explanation import Explanation as Explanation
    from hydrometer.report.explanation import build_unknown_account_error as build_unknown_account_error
    from hydrometer.report.explanation import explain_account as explain_account
    from hydrometer.report.explanation import explain_campaign as explain_campaign
    from hydrometer.report.explanation import names_account as names_account
    from hydrometer.report.kit.drawing_elements import draw_rectangle as draw_rectangle
    from hydrometer.report.kit.drawing_elements import draw_text as draw_text
    from hydrometer.report.kit.drawing_elements import frame_figure as frame_figure
    from hydrometer.report.kit.formatting import format_count as format_count
    from hydrometer.report.result.evidence_words import phrase_suspicion as phrase_suspicion
    from hydrometer.report.result.overview_fragment import render_overview_fragment as render_overview_fragment
    from hydrometer.report.result.result_page import render_result_page as render_result_page
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
