"""Which prompts ask for the model's reasoning, by a list of phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quality.baselines.traffic import Traffic

ELICITATION = (
    r"step[ -]by[ -]step|chain of thought|think(ing)? (aloud|out loud)|scratchpad|show (all )?your (work|reasoning)"
    r"|(full|complete|entire|whole) (reasoning|thinking)|line of thinking|inner monologue|<(think|reasoning|cot)"
)
"""Demands for reasoning, written from the published descriptions of campaigns."""


def eliciting(traffic: Traffic) -> NDArray[np.float64]:
    """Return by account the share of its exchanges whose prompt or system prompt asks for reasoning."""
    accounts = len(traffic.account_ids)
    asks = np.zeros(len(traffic.account), dtype=bool)
    for name in ("prompt", "system_prompt"):
        # Few system prompts are distinct; each is searched once.
        texts = traffic.texts(name).dictionary_encode()
        found = pc.match_substring_regex(texts.dictionary, ELICITATION).to_numpy(zero_copy_only=False)
        asks |= found.astype(bool)[texts.indices.to_numpy()]
    sent = np.bincount(traffic.account, minlength=accounts)
    asked = np.bincount(traffic.account, weights=asks.astype(float), minlength=accounts)
    return np.asarray(asked / np.maximum(sent, 1), dtype=np.float64)
