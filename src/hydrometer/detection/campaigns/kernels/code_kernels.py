"""Inner loops over coded features: how accounts stand to a group, and what each code is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from hydrometer.detection.campaigns.kernels import KIN, MEMBER

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.kernels import Narrow
    from hydrometer.detection.population.population import Bools, Floats


@njit(cache=True)
def relate_to_group(org: Narrow, members: Bools, orgs: int) -> tuple[Narrow, int]:
    """Return how each account stands to a group, and how many organisations have members."""
    inside = np.zeros(orgs, np.bool_)
    count = 0
    for account in range(org.size):
        if members[account] and not inside[org[account]]:
            inside[org[account]] = True
            count += 1
    relation = np.zeros(org.size, np.int8)
    for account in range(org.size):
        if members[account]:
            relation[account] = MEMBER
        elif inside[org[account]]:
            relation[account] = KIN
    return relation, count


@njit(cache=True)
def count_organisations(order: Narrow, org: Narrow, chosen: Bools) -> int:
    """Count the organisations that have chosen accounts, which come in the order of organisations."""
    count, last = 0, -1
    for account in order:
        if chosen[account] and org[account] != last:
            last = org[account]
            count += 1
    return count


@njit(cache=True)
def count_orgs_by_code(order: Narrow, org: Narrow, code: Narrow, codes: int) -> Floats:
    """Return how many organisations of some accounts, given in the order of organisations, show each code."""
    count, last = np.zeros(codes), np.full(codes, -1, np.int64)
    for account in order:
        at = code[account]
        if at >= 0 and last[at] != org[account]:
            last[at] = org[account]
            count[at] += 1.0
    return count


@njit(cache=True)
def mark_own_codes(order: Narrow, relation: Narrow, org: Narrow, code: Narrow, codes: int) -> Bools:
    """Mark the accounts, in the order of organisations, whose code members of their own organisation show."""
    own, last = np.zeros(order.size, np.bool_), np.full(codes, -1, np.int64)
    begin = 0
    while begin < order.size:
        end = begin
        while end < order.size and org[order[end]] == org[order[begin]]:
            account = order[end]
            if relation[account] == MEMBER and code[account] >= 0:
                last[code[account]] = org[account]
            end += 1
        for position in range(begin, end):
            account = order[position]
            own[position] = code[account] >= 0 and last[code[account]] == org[account]
        begin = end
    return own


@njit(cache=True)
def count_shown_codes(ordered: Narrow, org: Narrow, code: Narrow, near: bool, cells: Narrow) -> Narrow:
    """Count how many organisations of some accounts, given in the order of organisations, show each code.

    Args:
        near: whether every code is wanted, shown or not.
        cells: two zeros for each code; the first becomes the count, the second the place of a code among the met ones,
            from 1.

    Returns:
        The codes met, ascending.
    """
    codes = cells.shape[0]
    shown = np.arange(codes).astype(np.int32) if near else np.empty(min(ordered.size, codes), np.int32)
    count = codes if near else 0
    for account in ordered:
        at = code[account]
        if at >= 0 and cells[at, 1] != org[account] + 1:
            if cells[at, 1] == 0 and not near:
                shown[count] = at
                count += 1
            cells[at, 1] = org[account] + 1
            cells[at, 0] += 1
    shown = np.sort(shown[:count])
    for position in range(count):
        cells[shown[position], 1] = position + 1
    return shown


@njit(cache=True)
def write_coded_bits(
    out: Floats,
    begun: bool,
    code: Narrow,
    cells: Narrow,
    orgs: Floats,
    local_orgs: Floats,
    background: tuple[float, int, bool],
    org: Narrow,
    relation: Narrow,
    ordered: Narrow,
    kin: Narrow,
    group: tuple[float, float, bool],
    weights: tuple[float, float, float],
    smoothing: tuple[float, float, float],
) -> None:
    """Write each account's bits of one coded feature into `out`, the larger ones where `out` has been `begun`.

    Args:
        cells: two zeros for each code; they are zeros again afterwards.
        orgs: organisations of the population that show each code.
        local_orgs: those of these accounts that do, where everybody is set apart as no part of the population.
        background: organisations of the population that show any code; codes that the smoothing of base rates reckons
            with; whether neighbouring codes resemble each other.
        relation: of each account to the group.
        ordered: members, in the order of organisations.
        kin: accounts of the organisations with kin, in the order of organisations.
        group: organisations of the group; the same, as seen by who is least of it; whether everybody is set apart.
        weights: pseudo-organisations of the prior, how much commoner a shared value must be, most bits.
        smoothing: kernel over neighbouring codes.
    """
    coded_orgs, breadth, near = background
    group_codes = count_shown_codes(ordered, org, code, near, cells)
    count, away, shown = np.empty(group_codes.size), np.empty(group_codes.size), np.empty(group_codes.size)
    for position in range(group_codes.size):
        at = group_codes[position]
        count[position], shown[position] = float(cells[at, 0]), orgs[at]
        away[position] = local_orgs[at] if group[2] else count[position]
    gone = np.sum(local_orgs) if group[2] else np.sum(count)
    worth = weigh_codes(shown, count, away, coded_orgs - gone, breadth, near, group, weights, smoothing)
    for account in range(code.size):
        if relation[account] != KIN:
            at = code[account]
            bits = 0.0
            if at >= 0:
                bits = worth[cells[at, 1], 3 if relation[account] == MEMBER else 0]
            if not begun or bits > out[account]:
                out[account] = bits
    if kin.size:
        own = mark_own_codes(kin, relation, org, code, cells.shape[0])
        for position in range(kin.size):
            account = kin[position]
            if relation[account] == KIN:
                at = code[account]
                bits = 0.0
                if at >= 0:
                    bits = worth[cells[at, 1], 2 if own[position] else 1]
                if not begun or bits > out[account]:
                    out[account] = bits
    for at in group_codes:
        cells[at, 0] = cells[at, 1] = 0


@njit(cache=True)
def weigh_codes(
    orgs: Floats,
    count: Floats,
    away: Floats,
    population_orgs: float,
    breadth: int,
    near: bool,
    group: tuple[float, float, bool],
    weights: tuple[float, float, float],
    smoothing: tuple[float, float, float],
) -> Floats:
    """Return the bits of each code for a stranger, kin that does not share it with members of its organisation, kin that does, a member.

    Args:
        orgs: organisations of the population that show each code.
        count: organisations of the group that show each code.
        away: organisations that do not count as population, by code.
        population_orgs: organisations that count as population and show any code.
        breadth: codes that the smoothing of base rates reckons with.
        near: whether neighbouring codes resemble each other.
        group, weights, smoothing: as of `write_coded_bits`.

    Returns:
        A row for what no member shows, then one for each code.
    """
    orgs_of_group, largest, apart = group
    prior, enriched, bound = weights
    codes = orgs.size
    outside = np.maximum(orgs - away, 0.0)
    total = max(0.0, population_orgs) + 0.5 * breadth + 0.5
    chances = (outside + 0.5) / total
    if near:
        count, chances = smooth_bins(count, smoothing), smooth_bins(chances, smoothing)
    least = 0.0 if near else 1.0
    # Members share some values more than the population does; what they do not share they draw as everybody does, so
    # that a feature nobody shares (each account has its own telephone) neither ties nor parts.
    sharing = 0.0
    for at in range(codes):
        if count[at] >= 2 * least and count[at] > enriched * chances[at] * largest:
            sharing += count[at]
    worth = np.empty((codes + 1, 4))
    for case in range(4):
        of_group = orgs_of_group - (0.0 if case == 0 else 1.0)
        weight = of_group + prior
        absent = math.log2(max(1.0 - sharing / weight, prior / weight))
        worth[0, case] = min(max(absent, -bound / 2), bound)
        for at in range(codes):
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
            worth[at + 1, case] = min(max(math.log2(likely / chance), -bound / 2), bound)
    return worth


@njit(cache=True)
def smooth_bins(values: Floats, smoothing: tuple[float, float, float]) -> Floats:
    """Share each bin with its neighbours; the ends keep what would fall outside."""
    left, middle, right = smoothing
    out = middle * values
    out[1:] += right * values[:-1]
    out[:-1] += left * values[1:]
    out[0] += right * values[0]
    out[-1] += left * values[-1]
    return out
