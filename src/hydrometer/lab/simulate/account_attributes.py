"""What accounts are made of when nothing else is said: names, cards, e-mails, plans as the world has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.networks import COUNTRIES, TONGUES
from hydrometer.lab.simulate.texts.lexicon import GIVEN, SURNAMES

if TYPE_CHECKING:
    from hydrometer.lab.simulate.networks import FloatArray, IntArray, ObjectArray
    from hydrometer.lab.simulate.texts.phrase_grammar import Dice

_DOMAINS = np.array(
    [
        "gmail.com",
        "outlook.com",
        "yahoo.com",
        "hotmail.com",
        "icloud.com",
        "proton.me",
        "qq.com",
        "163.com",
        "gmx.de",
        "naver.com",
        "mail.example",
    ],
    dtype=object,
)
_DOMAIN_WEIGHTS = np.array([0.42, 0.12, 0.08, 0.08, 0.07, 0.06, 0.04, 0.03, 0.04, 0.03, 0.03])
_COMMON_BINS = np.array(
    [f"{b}" for b in (414720, 424242, 545454, 510510, 400002, 411111, 518004, 489921, 476173, 522222)], dtype=object
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAMES: ObjectArray = np.array(list(COUNTRIES), dtype=object)
_WEIGHTS: FloatArray = np.array([share for share, _, _ in COUNTRIES.values()])
_OFFSETS: IntArray = np.array([hours for _, hours, _ in COUNTRIES.values()], dtype=np.int64)
_SPEAKS: IntArray = np.array([TONGUES.index(tongue) for _, _, tongue in COUNTRIES.values()], dtype=np.int64)


def draw_ids(rng: np.random.Generator, prefix: str, count: int, digits: int = 16) -> ObjectArray:
    """Return `count` identifiers of a prefix and hexadecimal digits."""
    raw = rng.bytes(count * digits // 2).hex()
    return np.array([prefix + raw[i * digits : (i + 1) * digits] for i in range(count)], dtype=object)


def repeat_value(value: object, count: int) -> ObjectArray:
    """Return an array of `count` times the same value."""
    out = np.empty(count, dtype=object)
    out[:] = [value] * count
    return out


def draw_rare_bins(rng: np.random.Generator, count: int, low: int = 430_000) -> ObjectArray:
    """Return `count` card BINs that are nobody's in particular."""
    return np.array([str(b) for b in rng.integers(low, 560_000, count)], dtype=object)


def draw_ordinary_bins(rng: np.random.Generator, count: int) -> ObjectArray:
    """Return a BIN for each account: in every second case one of the great issuers'."""
    return np.where(rng.random(count) < 0.55, rng.choice(_COMMON_BINS, count), draw_rare_bins(rng, count, 400_000))


def draw_email_domains(rng: np.random.Generator, count: int) -> ObjectArray:
    """Return an e-mail domain for each account."""
    return rng.choice(_DOMAINS, count, p=_DOMAIN_WEIGHTS / _DOMAIN_WEIGHTS.sum())


def draw_email_names(dice: Dice, count: int) -> ObjectArray:
    """Return `count` ordinary e-mail names."""
    out = []
    for _ in range(count):
        first, last, number = dice.pick(GIVEN).lower(), dice.pick(SURNAMES).lower(), dice.below(10_000)
        shapes = (
            f"{first}.{last}",
            f"{first}{last}",
            f"{first}_{last}",
            f"{first}{number % 100}",
            f"{first}.{last}{1950 + number % 58}",
            f"{first[0]}{last}{number % 10}",
            f"{last}.{first}",
            f"{first}{number % 1000:03d}",
        )
        out.append(dice.pick(shapes))
    return np.array(out, dtype=object)


def draw_machine_email_names(dice: Dice, count: int) -> ObjectArray:
    """Return `count` e-mail names as programs make them: eight letters and four digits."""
    names = ("".join(dice.pick(_LETTERS) for _ in range(8)) + f"{dice.below(10_000):04d}" for _ in range(count))
    return np.array(list(names), dtype=object)


def draw_countries(rng: np.random.Generator, count: int, fixed: str | None) -> tuple[ObjectArray, IntArray, IntArray]:
    """Return country, hours from UTC and tongue (index into TONGUES) of each account; `fixed` is one for all."""
    where = rng.choice(len(_NAMES), size=count, p=_WEIGHTS / _WEIGHTS.sum())
    if fixed is not None:
        where = np.full(count, list(COUNTRIES).index(fixed))
    return _NAMES[where], _OFFSETS[where], _SPEAKS[where]
