"""Every signal over its cases: the module `cases/<signal>.py` holds groups that it must find and groups that it must not."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from fixtures import signal_cases as cases
from fixtures.populations import ALL_COLUMNS, UNKNOWN, Draft, members, people, population
from hydrometer.contract.evidence_families import FAMILIES
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.signals.signal import Signal, find_signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fixtures.signal_case import Case
    from hydrometer.detection.population.population import Population

SIGNALS = {signal.name: signal for signal in find_signals()}
FOUND = CampaignSettings().cause_bits
"""Bits from which a finding counts."""
SOURCE = re.compile(
    r"\b(?:19|20)\d\d\b|\b(?:binomial|hypergeometric|rank test|scan statistic|chi-squared|learnt from)\b", re.IGNORECASE
)
"""A year of publication, or the name of a method."""


def cases_of(signal: str) -> Sequence[Case]:
    found: Sequence[Case] = importlib.import_module(f"{cases.__name__}.{signal}").CASES
    return found


MODULES = sorted(info.name for info in pkgutil.iter_modules(cases.__path__))
EVERY = [pytest.param(name, case, id=f"{name}-{case.name}") for name in MODULES for case in cases_of(name)]
SIGNAL = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS.keys())


def drafts_of(case: Case) -> list[Draft]:
    return list(case.world(np.random.default_rng(1)))


@cache
def first_finding(name: str) -> tuple[Population, AccountGroup]:
    """The world of the signal's first case that must find."""
    case = next(case for case in cases_of(name) if case.finds)
    return population(drafts_of(case), releases=case.releases)


def test_every_signal_has_cases_that_find_and_cases_that_do_not() -> None:
    assert sorted(SIGNALS) == MODULES
    for name in MODULES:
        assert {case.finds for case in cases_of(name)} == {True, False}, name
        assert len({case.name for case in cases_of(name)}) == len(cases_of(name)), name


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_a_group_is_found_or_is_not(name: str, case: Case) -> None:
    _, group = population(drafts_of(case), releases=case.releases)
    evidence = SIGNALS[name].gather_evidence(group)
    bits = evidence.bits if evidence else 0.0
    assert (bits >= FOUND) == case.finds, evidence


@SIGNAL
def test_a_signal_says_what_it_is(signal: Signal) -> None:
    module = sys.modules[signal.test.__module__]
    assert module.__name__.split(".")[-2:] == [signal.family, signal.name]
    assert signal.family in FAMILIES
    assert signal.axis in ("coordination", "harvest")
    assert SOURCE.search(module.__doc__ or ""), "names neither a source nor a method"
    assert signal.test.__doc__
    assert signal.null
    assert signal.costs
    assert signal.cap > 0


@SIGNAL
def test_a_signal_is_off_without_its_columns_and_says_what_that_costs(signal: Signal) -> None:
    assert signal.check_columns(ALL_COLUMNS) is None
    assert ALL_COLUMNS.issuperset(signal.needs)
    for column in signal.needs:
        off = signal.check_columns(ALL_COLUMNS - {column})
        assert off is not None
        assert off.signal == signal.name
        assert column in off.why
        assert off.costs == signal.costs


@SIGNAL
def test_evidence_says_where_it_is_from_and_is_bounded(signal: Signal) -> None:
    evidence = signal.gather_evidence(first_finding(signal.name)[1])
    assert evidence is not None
    assert (evidence.signal, evidence.family, evidence.axis) == (signal.name, signal.family, signal.axis)
    assert evidence.null == signal.null
    assert 0 < evidence.bits <= signal.cap
    assert 0 <= evidence.p_value <= 1
    assert evidence.log10_p <= 0
    assert re.search(r"\d", evidence.statement)
    assert evidence.statement.endswith(".")
    assert "nan" not in evidence.statement


@SIGNAL
def test_evidence_can_be_written_as_json(signal: Signal) -> None:
    evidence = signal.gather_evidence(first_finding(signal.name)[1])
    assert msgspec.json.decode(msgspec.json.encode(evidence), type=type(evidence)) == evidence


@pytest.mark.parametrize("name", [name for name, signal in SIGNALS.items() if signal.describe_member is not None])
def test_members_are_told_what_they_show_with_their_values(name: str) -> None:
    signal, (_, group) = SIGNALS[name], first_finding(name)
    assert signal.shown is not None
    assert signal.describe_member is not None
    showing = group.accounts[signal.shown(group)[group.accounts]]
    assert showing.size >= group.accounts.size / 2
    for account in showing.tolist():
        sentence = signal.describe_member(group, account)
        assert re.search(r"\d", sentence)
        assert "nan" not in sentence
        assert not sentence.endswith(".")


@SIGNAL
def test_the_order_of_the_accounts_changes_nothing(signal: Signal) -> None:
    case = next(case for case in cases_of(signal.name) if case.finds)
    drafts = drafts_of(case)
    order = np.random.default_rng(5).permutation(len(drafts))
    _, group = population([drafts[at] for at in order], releases=case.releases)
    assert signal.gather_evidence(group) == signal.gather_evidence(first_finding(signal.name)[1])


@SIGNAL
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_handful_of_accounts_is_tested_without_complaint(signal: Signal, size: int) -> None:
    made, group = first_finding(signal.name)
    for chosen in (group.accounts[:size], np.nonzero(group.others)[0][:size]):
        few = np.zeros(made.size, dtype=np.bool_)
        few[chosen] = True
        finding = signal.test(AccountGroup(made, few))
        assert finding is None or (np.isfinite(finding.statistic) and np.isfinite(finding.log10_p))


@SIGNAL
@pytest.mark.parametrize("count", [1, 3, 12])
def test_a_population_without_others_is_tested_without_complaint(signal: Signal, count: int) -> None:
    _, group = population(members(people(np.random.default_rng(2), count)))
    finding = signal.test(group)
    assert finding is None or (np.isfinite(finding.statistic) and np.isfinite(finding.log10_p))


@SIGNAL
@pytest.mark.parametrize("known", [0.0, 0.5])
def test_unknown_facts_are_tolerated(signal: Signal, known: float) -> None:
    made, group = first_finding(signal.name)
    rng = np.random.default_rng(3)
    blurred = {name: np.where(rng.random(made.size) < known, made.facts[name], np.nan) for name in UNKNOWN}
    evidence = signal.gather_evidence(AccountGroup(replace(made, facts={**made.facts, **blurred}), group.members))
    assert evidence is None or "nan" not in evidence.statement


# A harvest may be one customer's, so the signals of that axis are left out.
@pytest.mark.parametrize("name", [name for name, signal in SIGNALS.items() if signal.axis == "coordination"])
def test_what_accounts_of_one_organisation_share_is_no_evidence_of_one_hand(name: str) -> None:
    case = next(case for case in cases_of(name) if case.finds)
    drafts = [replace(draft, org="one") if draft.member else draft for draft in drafts_of(case)]
    _, group = population(drafts, releases=case.releases)
    assert SIGNALS[name].gather_evidence(group) is None
