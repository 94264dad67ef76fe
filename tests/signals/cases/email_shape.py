"""Names that a machine made, against names that people choose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people, showing
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def machine_made(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:15], lambda at, d: showing(d, "email_shape", "a9a9_99") if at < 12 else d) + crowd[15:]


def disposable(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:15], lambda _, d: showing(d, "email_domain", "throw-away.example")) + crowd[15:]


def common_shape(rng: np.random.Generator) -> list[Draft]:
    """First name and surname at the largest provider."""
    crowd = people(rng)
    common = [d for d in crowd if d.values["email_shape"] in (["a"], ["a.a"], ["aa"])]
    chosen = {id(d) for d in common[:20]}
    plain = [showing(showing(d, "email_shape", "a"), "email_domain", "gmail.example") for d in common[:20]]
    return members(plain) + [d for d in crowd if id(d) not in chosen]


def company_domain(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    company = [replace(showing(d, "email_domain", "company.example"), org="company") for d in crowd[:12]]
    return members(company + crowd[12:15]) + crowd[15:]


CASES = (
    Case("one rare shape", True, machine_made),
    Case("one disposable domain", True, disposable),
    Case("the commonest shape at the largest provider", False, common_shape),
    Case("the domain of one organisation", False, company_domain),
)
