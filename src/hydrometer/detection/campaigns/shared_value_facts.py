"""What members of a group show that other members show too: cards, names, devices, addresses, end users.

Others are counted by organisations: what accounts of one customer have in common is one fact. The cost follows the rows of the
members; of everybody only how many organisations show each value is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import ENTITY_KINDS, EntityKind
from hydrometer.detection.campaigns.fact_columns import (
    LEAST_BITS,
    LEAST_ORGS,
    SURPRISE,
    UNSHARED,
    FactColumn,
    FactCounts,
    bound_surprise,
    format_day,
    phrase_beginning,
    phrase_members,
    phrase_others,
)
from hydrometer.detection.campaigns.kernels.companion_kernels import count_companions, count_showing_orgs
from hydrometer.detection.population.csr import expand_rows, index_entities
from hydrometer.detection.population.memo import memoize_by_key
from hydrometer.detection.population.org_panel import count_all_orgs, mask_group_orgs, mask_orgs

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, EntityPairs, Floats, Ints, Population

MOST_COMPANIONS = 500
"""Other members at an account's addresses that are counted one by one; more are "500 or more"."""
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

SINGLE_PHRASES = {
    EntityKind.PAYMENT: ("pays with the payment instrument {value}", "do"),
    EntityKind.BIN: ("pays with a card of the batch (BIN) {value}", "do"),
    EntityKind.DEVICE: ("was signed up on the device {value}", "were"),
    EntityKind.PHONE: ("has the telephone number {value}", "have"),
    EntityKind.EMAIL_DOMAIN: ("has its e-mail at {value}", "have"),
    EntityKind.EMAIL_SHAPE: ("has an e-mail name of the shape {value}", "have"),
    EntityKind.EMAIL_LENGTH: ("has an e-mail name of the shape {value}, letter by letter", "have"),
    EntityKind.SIGNUP_DAY: ("was made on {value}", "were"),
    EntityKind.SIGNUP_NETWORK: ("was signed up from the network {value}", "were"),
}
"""What an account does with its one value of a kind, and the verb for the others who do so."""
SEVERAL_PHRASES = {
    EntityKind.ADDRESS: ("came from", "which {others} use too"),
    EntityKind.NETWORK: ("came from", "which {others} use too"),
    EntityKind.END_USER: ("were for", "whom {others} serve too"),
    EntityKind.SESSION: ("belong to", "which {others} carry on too"),
}
"""What exchanges have to do with their values of a kind, and what the other members have."""
COMPARISONS = {
    EntityKind.EMAIL_LENGTH: EntityKind.EMAIL_SHAPE,
    EntityKind.NETWORK: EntityKind.ADDRESS,
}
"""Kinds that are levels of one comparison with another kind."""


@dataclass(frozen=True, slots=True)
class _MemberRows:
    """The values of one kind that the members of a group show; rows lie member by member.

    Attributes:
        member, value, uses: position of the member, number of the value among `numbers`, exchanges that show it.
        numbers: the values as the population numbers them.
        accounts, orgs: members and organisations of members that show each of `numbers`.
        outside: other organisations that show each.
        members, member_orgs, others: members, their organisations and other organisations that show any value of the kind.
    """

    member: Ints
    value: Ints
    uses: Ints
    numbers: Ints
    accounts: Ints
    orgs: Ints
    outside: Ints
    members: int
    member_orgs: int
    others: int

    noun: str
    """What the others are called."""

    @property
    def counts(self) -> FactCounts:
        """Organisations that show each of `numbers`, as one of its members sees them."""
        return FactCounts(self.orgs - 1, np.int64(self.member_orgs - 1), self.outside, np.int64(self.others))


def build_value_columns(group: AccountGroup) -> list[FactColumn]:
    """Return a column for each kind of value that may convict."""
    columns = []
    for kind, entities in group.population.entities.items():
        if ENTITY_KINDS[kind].convicts and entities.account.size:
            rows = _gather_rows(group, entities)
            if rows.member_orgs > LEAST_ORGS:
                build = _build_single_column if entities.single else _build_several_column
                columns.append(build(group, entities, rows))
    return columns


def _gather_rows(group: AccountGroup, entities: EntityPairs) -> _MemberRows:
    population, accounts = group.population, group.accounts
    rows = expand_rows(index_entities(population, entities), accounts)
    member = np.searchsorted(accounts, entities.account[rows]).astype(np.int64)
    numbers, value, accounts_by_value = np.unique(entities.value[rows], return_inverse=True, return_counts=True)
    showing = memoize_by_key(
        population, ("showing orgs", entities.kind, id(entities)), lambda: _mask_showing_orgs(population, entities)
    )
    # Accounts beside members in their organisations are no members, and no other organisation either.
    kin = np.nonzero(mask_group_orgs(group)[population.org])[0].astype(np.int64)
    orgs = _count_orgs(population, entities, accounts, numbers)
    kin_orgs = orgs if kin.size == accounts.size else _count_orgs(population, entities, kin, numbers)
    others = int(np.count_nonzero(showing & ~mask_group_orgs(group)))
    everybody = count_all_orgs(population) - group.size
    return _MemberRows(
        member=member,
        value=value.astype(np.int64),
        uses=entities.uses[rows],
        numbers=numbers,
        accounts=accounts_by_value.astype(np.int64),
        orgs=orgs,
        outside=entities.orgs[numbers] - kin_orgs,
        members=int(np.count_nonzero(np.bincount(member))),
        member_orgs=int(np.count_nonzero(mask_orgs(population, accounts[member]))),
        others=others,
        noun="other organisations" if others == everybody else "other organisations of which it is known",
    )


def _mask_showing_orgs(population: Population, entities: EntityPairs) -> Bools:
    """Return a mask of the organisations that show any value of a kind."""
    return mask_orgs(population, entities.account)


def _count_orgs(population: Population, entities: EntityPairs, accounts: Ints, numbers: Ints) -> Ints:
    """Count the organisations of some accounts that show each of some values, which ascend."""
    accounts = accounts[np.argsort(population.org[accounts], kind="stable")]
    rows = expand_rows(index_entities(population, entities), accounts)
    at = np.minimum(np.searchsorted(numbers, entities.value[rows]), numbers.size - 1)
    among = numbers[at] == entities.value[rows]
    counts: Ints = count_showing_orgs(at[among], population.org[entities.account[rows[among]]], numbers.size)
    return counts


def _build_single_column(group: AccountGroup, entities: EntityPairs, rows: _MemberRows) -> FactColumn:
    """Return what each member shows of a kind of which an account has one value."""
    kind = entities.kind
    row_by_member = np.full(group.accounts.size, -1, dtype=np.int64)
    row_by_member[rows.member] = np.arange(rows.member.size)
    bits = np.full(group.accounts.size, UNSHARED)
    bits[rows.member] = rows.counts.select_shared(rows.orgs - 1)[rows.value]
    action, verb = SINGLE_PHRASES.get(kind, (f"shows the {ENTITY_KINDS[kind].label} {{value}}", "do"))

    def write_sentence(member: int) -> str:
        value = rows.value[row_by_member[member]]
        name = entities.names[int(rows.numbers[value])]
        since = "" if kind == EntityKind.SIGNUP_DAY else f"; {phrase_beginning(group, member)}"
        return (
            f"{action.format(value=_spell_day(name) if kind == EntityKind.SIGNUP_DAY else name)}, "
            f"as {phrase_members(group, int(rows.accounts[value]) - 1, rows.members - 1)} {verb} "
            f"and {phrase_others(int(rows.outside[value]), rows.others, rows.noun)}{since}"
        )

    return FactColumn(COMPARISONS.get(kind, kind), entities.family, bits, write_sentence)


def _spell_day(name: str) -> str:
    return f"{date.fromisoformat(name):%-d %B %Y}" if ISO_DAY.fullmatch(name) else name


@dataclass(frozen=True, slots=True)
class _SharedRows:
    """What the members of a group show of a kind of which an account has several values.

    Attributes:
        shown, shared, uses: values of each member, those of them that others share, and its exchanges that show the latter.
        example: the most telling shared value of each member, -1 without one.
        companions: other members that show any of its shared values, up to MOST_COMPANIONS, and organisations up to 2.
        bits: how far the most telling one sets it apart, and more with each other one.
    """

    shown: Ints
    shared: Ints
    uses: Ints
    example: Ints
    companions: Ints
    bits: Floats


def _gather_shared_rows(group: AccountGroup, rows: _MemberRows) -> _SharedRows:
    members, bits = group.accounts.size, rows.counts.bits
    telling = ((bits >= LEAST_BITS) & (rows.orgs >= 2))[rows.value]
    member, value = rows.member[telling], rows.value[telling]
    # The last one written of each member stays: its most telling value, of equals the first.
    ascending = np.lexsort((-value, bits[value], member))
    example = np.full(members, -1, dtype=np.int64)
    example[member[ascending]] = value[ascending]
    by_value = np.argsort(value, kind="stable")
    companions = count_companions(
        np.searchsorted(member, np.arange(members + 1)).astype(np.int64),
        value,
        np.searchsorted(value[by_value], np.arange(rows.numbers.size + 1)).astype(np.int64),
        member[by_value],
        group.population.org[group.accounts],
        MOST_COMPANIONS,
    )
    shared = np.bincount(member, minlength=members)
    best = np.full(members, UNSHARED)
    several = (
        (example >= 0) & (companions[:, 1] >= LEAST_ORGS) & (_measure_meetings(rows, members, telling) >= SURPRISE)
    )
    best[several] = bits[example[several]] + np.log2(shared[several])
    uses = np.bincount(member, weights=rows.uses[telling], minlength=members).astype(np.int64)
    return _SharedRows(np.bincount(rows.member, minlength=members), shared, uses, example, companions, best)


def _measure_meetings(rows: _MemberRows, members: int, telling: Bools) -> Floats:
    """Return how surprising it is that each member meets others at so many of its values, in bits.

    What is popular among others too, and so tells nothing, counts on neither side.

    Args:
        members: number of members.
        telling: rows of values that are commoner among members than among others.
    """
    counts = rows.counts
    compared = telling | (rows.orgs == 1)[rows.value]
    expected: Floats = np.bincount(
        rows.member[compared], weights=counts.expected[rows.value[compared]], minlength=members
    ).astype(np.float64)
    meetings = np.bincount(rows.member[telling], weights=(rows.orgs - 1)[rows.value[telling]], minlength=members)
    return bound_surprise(meetings.astype(np.int64), expected)


def _build_several_column(group: AccountGroup, entities: EntityPairs, rows: _MemberRows) -> FactColumn:
    """Return what each member shows of a kind of which an account has several values."""
    kind, spec, facts = entities.kind, ENTITY_KINDS[entities.kind], group.population.facts
    shared = _gather_shared_rows(group, rows)
    action, relation = SEVERAL_PHRASES.get(kind, ("show", "which {others} show too"))
    systems = group.population.entities.get(EntityKind.ASN) if spec.column == "client_ip" else None
    system_starts = None if systems is None else index_entities(group.population, systems)

    def write_sentence(member: int) -> str:
        account, count = group.accounts[member], int(shared.companions[member, 0])
        companions = phrase_members(group, count, rows.members - 1)
        if count >= MOST_COMPANIONS:
            companions = f"{MOST_COMPANIONS:,} or more other members"
        quantity = _phrase_quantity(int(shared.shared[member]), spec.label, spec.plural)
        text = (
            f"{int(shared.uses[member]):,} of its {int(facts['exchanges'][account]):,} exchanges {action} {quantity} "
            f"{relation.format(others=companions)}"
        )
        if spec.indicates:
            value = int(shared.example[member])
            outside = phrase_others(int(rows.outside[value]), rows.others, rows.noun)
            text += (
                f", such as {entities.names[int(rows.numbers[value])]} "
                f"({int(rows.accounts[value]) - 1:,} of them, and {outside})"
            )
        total = _phrase_quantity(int(shared.shown[member]), spec.label, spec.plural)
        number = 0 if system_starts is None else int(system_starts[account + 1] - system_starts[account])
        if number:
            total += f" in {_phrase_quantity(number, 'autonomous system (ASN)', 'autonomous systems (ASNs)')}"
        return f"{text}; {total} in all; first exchange {format_day(facts['first_seen'][account])}"

    return FactColumn(COMPARISONS.get(kind, kind), entities.family, shared.bits, write_sentence)


def _phrase_quantity(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
