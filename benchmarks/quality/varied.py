"""Worlds whose operators have their knobs drawn at random: what a detector meets that was tuned to no ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from hydrometer.lab.simulate import OperatorSpec, Scenario
from hydrometer.lab.simulate.scenario import HarvestKind

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = tuple(kind for kind in get_args(HarvestKind) if kind != "search")
"""`search` comes as a phase before these."""


def varied(seed: int, honest: int) -> Scenario:
    """Return a scenario with one to three operators, every knob of each drawn anew; the same seed gives the same one.

    Each is one that the disclosures could describe: 15 to 250 accounts, 1.5 to 40 exchanges an account and day, and of the
    evasions any mixture.
    """
    rng = np.random.default_rng([seed, 7])
    operators = tuple(_operator(rng, f"operator{number}") for number in range(1, 2 + int(rng.integers(0, 3))))
    return Scenario(name=f"varied{seed}", honest=honest, operators=operators)


def _operator(rng: np.random.Generator, name: str) -> OperatorSpec:
    def pick(*options: Any) -> Any:
        return options[int(rng.integers(0, len(options)))]

    def chance(share: float) -> bool:
        return bool(rng.random() < share)

    accounts = round(float(np.exp(rng.uniform(np.log(15), np.log(250)))))
    # The larger the pool, the less an account need send.
    rate = float(np.exp(rng.uniform(np.log(1.5), np.log(40)))) * min(1.0, 60 / accounts + 0.15)
    start = float(rng.uniform(0.3, 8))
    rhythm = pick("queue", "human", "bursts")
    wordings = round(float(np.exp(rng.uniform(0, np.log(150)))))
    spread = float(np.exp(rng.uniform(np.log(1), np.log(60))))
    return OperatorSpec(
        name=name,
        accounts=accounts,
        beneficiaries=pick(("A",), ("A", "B")),
        card=pick("shared", "bin", "unique"),
        accounts_per_card=int(rng.integers(4, 20)),
        bins=int(rng.integers(1, 4)),
        email=pick("machine", "digits", "ordinary"),
        email_domain=pick("common", "common", "throwaway"),
        devices=pick("unique", "unique", "shared"),
        age=pick("fresh", "aged"),
        signup_days=float(rng.uniform(0.5, 8)),
        warmup=0.5 if chance(0.3) else 0.0,
        network=pick("shared", "subnet", "vpn", "residential", "residential"),
        addresses=int(rng.integers(2, 10)),
        networks_per_account=int(rng.integers(6, 40)),
        client=pick("one", "common", "mixed", "forged"),
        channels=pick(("api",), ("api",), ("api", "bedrock", "vertex")),
        rhythm=rhythm,
        jitter=float(rng.uniform(0.05, 0.9)),
        rate=max(1.5, rate),
        unequal=float(rng.uniform(0.05, 0.5)),
        start_day=start,
        stop_day=float(rng.uniform(start + 4, 14)),
        start_spread_hours=spread,
        stop_spread_hours=spread,
        kinds=_some(rng, KINDS),
        wordings=wordings,
        reworded=float(rng.uniform(0, 0.6)),
        system=chance(0.3),
        sweep=chance(0.8),
        turns=pick(1, 1, 3),
        sessions=chance(0.4),
        innocent=float(rng.uniform(0.2, 0.7)) if chance(0.3) else 0.0,
        end_users=chance(0.5),
        pivot=chance(0.3),
        ban_day=float(rng.uniform(start + 2, start + 3.9)) if chance(0.2) else None,
    )


def _some(rng: np.random.Generator, kinds: Sequence[str]) -> tuple[Any, ...]:
    return tuple(kinds[i] for i in np.sort(rng.choice(len(kinds), size=int(rng.integers(1, 4)), replace=False)))
