"""The signed file that guards decide by: made of a result, packed, read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.enforcement.signing_keys import make_keys as make_keys
    from hydrometer.enforcement.snapshots.snapshot_build import SnapshotOptions as SnapshotOptions
    from hydrometer.enforcement.snapshots.snapshot_build import read_account_list as read_account_list
    from hydrometer.enforcement.snapshots.snapshot_files import SnapshotRequest as SnapshotRequest
    from hydrometer.enforcement.snapshots.snapshot_files import SnapshotSummary as SnapshotSummary
    from hydrometer.enforcement.snapshots.snapshot_files import inspect_snapshot as inspect_snapshot
    from hydrometer.enforcement.snapshots.snapshot_files import write_snapshot as write_snapshot
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
