"""The log of every decision, chained so that tampering shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.enforcement.audit.audit_log import AuditLog as AuditLog
    from hydrometer.enforcement.audit.log_anchors import anchor_log as anchor_log
    from hydrometer.enforcement.audit.log_anchors import verify_log_folder as verify_log_folder
    from hydrometer.enforcement.audit.log_entries import record_snapshot as record_snapshot
    from hydrometer.enforcement.audit.log_reader import find_entries as find_entries
    from hydrometer.enforcement.audit.log_reader import read_entries as read_entries
    from hydrometer.enforcement.audit.log_reader import read_last_entries as read_last_entries
    from hydrometer.enforcement.audit.shadow_summary import summarise_shadow_mode as summarise_shadow_mode
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
