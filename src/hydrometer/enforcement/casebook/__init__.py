"""What people decide: cases, reviews, appeals and constraints, in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.enforcement.casebook.case_service import CaseService as CaseService
    from hydrometer.enforcement.casebook.case_service import resolve_audit_folder as resolve_audit_folder
    from hydrometer.enforcement.casebook.casebook_connection import upgrade_database as upgrade_database
    from hydrometer.enforcement.casebook.casebook_queries import Casebook as Casebook
    from hydrometer.enforcement.casebook.constraint_files import load_constraints as load_constraints
    from hydrometer.enforcement.casebook.constraint_files import make_constraint as make_constraint
    from hydrometer.enforcement.casebook.constraint_files import write_constraints as write_constraints
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
