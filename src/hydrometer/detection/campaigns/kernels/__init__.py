"""The inner loops of comparing accounts by what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Narrow = npt.NDArray[np.signedinteger[Any]]
    """Whole numbers of any width."""

STRANGER, KIN, MEMBER = 0, 1, 2
"""An account of an organisation without members; one beside members of its organisation; a member."""
