"""Inner loops over coded traits: how accounts stand to a group, and what each code is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from hydrometer.campaigns.kernels import KIN, MEMBER

if TYPE_CHECKING:
    from hydrometer.campaigns.kernels import Narrow
    from hydrometer.contract.population import Bools, Floats


@njit(cache=True)
def stand(org: Narrow, members: Bools, orgs: int) -> tuple[Narrow, int]:
    """How each account stands to a group, and how many organisations have members."""
    inside = np.zeros(orgs, np.bool_)
    found = 0
    for account in range(org.size):
        if members[account] and not inside[org[account]]:
            inside[org[account]] = True
            found += 1
    standing = np.zeros(org.size, np.int8)
    for account in range(org.size):
        if members[account]:
            standing[account] = MEMBER
        elif inside[org[account]]:
            standing[account] = KIN
    return standing, found


@njit(cache=True)
def shown_codes(order: Narrow, org: Narrow, code: Narrow, codes: int) -> Floats:
    """How many organisations of some accounts, given in the order of organisations, show each code."""
    count, last = np.zeros(codes), np.full(codes, -1, np.int64)
    for account in order:
        at = code[account]
        if at >= 0 and last[at] != org[account]:
            last[at] = org[account]
            count[at] += 1.0
    return count


@njit(cache=True)
def own_codes(order: Narrow, standing: Narrow, org: Narrow, code: Narrow, codes: int) -> Bools:
    """Whether members of the account's own organisation show its code, for accounts in the order of organisations."""
    own, last = np.zeros(order.size, np.bool_), np.full(codes, -1, np.int64)
    begin = 0
    while begin < order.size:
        end = begin
        while end < order.size and org[order[end]] == org[order[begin]]:
            account = order[end]
            if standing[account] == MEMBER and code[account] >= 0:
                last[code[account]] = org[account]
            end += 1
        for place in range(begin, end):
            account = order[place]
            own[place] = code[account] >= 0 and last[code[account]] == org[account]
        begin = end
    return own


@njit(cache=True)
def worth_of_codes(
    orgs: Floats,
    count: Floats,
    away: Floats,
    known: float,
    breadth: int,
    near: bool,
    group: float,
    largest: float,
    apart: bool,
    weights: tuple[float, float, float],
    smoothing: tuple[float, float, float],
) -> Floats:
    """Bits of each code for a stranger, kin that does not share it with members of its organisation, kin that does, a member.

    Args:
        orgs: organisations of the population that show each code.
        count: organisations of the group that show each code.
        away: organisations that do not count as population, by code.
        known: organisations of the population that show any code.
        breadth: codes that the smoothing of base rates reckons with.
        near: whether neighbouring codes resemble each other.
        group: organisations of the group.
        largest: the same, as seen by who is least of it.
        apart: whether everybody is set apart as no part of the population; else the members are.
        weights: pseudo-organisations of the prior, how much commoner a shared value must be, most bits.
        smoothing: kernel over neighbouring codes.
    """
    prior, enriched, bound = weights
    codes = orgs.size
    outside = np.maximum(orgs - away, 0.0)
    total = max(0.0, known - np.sum(away)) + 0.5 * breadth + 0.5
    chances = (outside + 0.5) / total
    if near:
        count, chances = smoothed(count, smoothing), smoothed(chances, smoothing)
    least = 0.0 if near else 1.0
    # Members share some values more than the population does; what they do not share they draw as everybody does, so
    # that a trait nobody shares (each account has its own telephone) neither ties nor parts.
    sharing = 0.0
    for at in range(codes):
        if count[at] >= 2 * least and count[at] > enriched * chances[at] * largest:
            sharing += count[at]
    worth = np.empty((codes, 4))
    for case in range(4):
        of_group = group - (0.0 if case == 0 else 1.0)
        weight = of_group + prior
        # What no member shows is worth the same, whichever code it is.
        absent = math.log2(max(1.0 - sharing / weight, prior / weight))
        for at in range(codes):
            if count[at] == 0.0 and not near:
                worth[at, case] = min(max(absent, -bound / 2), bound)
                continue
            mine = 1.0 if case >= 2 else 0.0
            chance = chances[at]
            if near and mine > 0.0:
                mine = smoothing[1]
                if at == 0:
                    mine += smoothing[2]
                if at == codes - 1:
                    mine += smoothing[0]
            if not near:
                # Whoever is not in the group is not its own background either.
                itself = 0.0 if apart or case == 3 else 1.0
                chance = max(outside[at] - itself, 0.0) / total + 0.5 / total
            others = max(count[at] - mine, 0.0)
            left = sharing
            if count[at] >= 2 * least and count[at] > enriched * chances[at] * largest:
                left -= mine
            likely = max(1.0 - left / weight, prior / weight) * chance
            if others >= least and others > enriched * chance * max(of_group, 1.0):
                likely += others / weight
            worth[at, case] = min(max(math.log2(likely / chance), -bound / 2), bound)
    return worth


@njit(cache=True)
def smoothed(values: Floats, smoothing: tuple[float, float, float]) -> Floats:
    """Share each bin with its neighbours; the ends keep what would fall outside."""
    left, middle, right = smoothing
    out = middle * values
    out[1:] += right * values[:-1]
    out[:-1] += left * values[1:]
    out[0] += right * values[0]
    out[-1] += left * values[-1]
    return out


@njit(cache=True)
def fill(out: Floats, begun: bool, code: Narrow, standing: Narrow, worth: Floats, kin: Narrow, kin_own: Bools) -> None:
    """Write each account's bits of one coded trait into `out`, the larger ones where `out` has been `begun`.

    Args:
        worth: bits by code for a stranger, for kin whose organisation's members show another code, for kin whose
            organisation's members show this one, and for a member.
        kin: accounts that are kin, and whether members of their organisation show their code.
    """
    for account in range(code.size):
        at = code[account]
        bits = 0.0
        if at >= 0:
            bits = worth[at, 3] if standing[account] == MEMBER else worth[at, 0]
        if standing[account] != KIN and (not begun or bits > out[account]):
            out[account] = bits
    for place in range(kin.size):
        account = kin[place]
        at = code[account]
        bits = 0.0
        if at >= 0:
            bits = worth[at, 2] if kin_own[place] else worth[at, 1]
        if not begun or bits > out[account]:
            out[account] = bits
