"""Conditions: what is refused and where, what holds, what is read."""

from __future__ import annotations

from typing import Any

import pytest
from cel import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.policy_schema import FACTS
from hydrometer.enforcement.policy.condition_types import CONVERSIONS
from hydrometer.enforcement.policy.expressions import ConditionError, compile_condition

EMPTY: dict[str, object] = {"string": "", "double": 0.0, "int": 0, "bool": False, "list(string)": []}


def facts(**given: dict[str, object]) -> dict[str, dict[str, object]]:
    """Every declared fact, empty but for what is given."""
    return {
        variable: {name: EMPTY[kind] for name, kind in fields.items()} | given.get(variable, {})
        for variable, fields in FACTS.items()
    }


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "empty"),
        ("request.n >", 12, "ends too early"),
        ("request.n = 3", 11, "=="),
        ("(request.n > 1", 15, "expected `)`"),
        ("request.n > 1)", 14, "unexpected `)`"),
        ("'abc", 1, "not closed"),
        ("request.words2 > 1", 9, "request has no `words2`"),
        ("requests.n > 1", 1, "there is no `requests`"),
        ("request", 1, "read by field"),
        ("request.n", 1, "must be bool, not int"),
        ("request.model == 3", 15, "string == int"),
        ("request.n && true", 1, "what is before `&&` must be bool, not int"),
        ("true || request.n", 9, "what is after `||` must be bool"),
        ("!request.model", 2, "must be bool, not string"),
        ("request.n * verdict.probability > 1.0", 11, "there is no int * double"),
        ("'a' in request.model", 5, "asks whether a list holds"),
        ("1 in request.tools", 3, "asks whether a list holds"),
        ("request.tools.contains('a')", 15, "must be string"),
        ("request.model.lower() == 'a'", 15, "there is no method `lower`"),
        ("now() > 1", 1, "there is no function `now`"),
        ("request.model.matches('[')", 23, "no regular expression"),
        ("request.model.matches(request.asn)", 23, "what `matches` takes must be string"),
        ("request.model.matches(request.channel)", 23, "must be a literal"),
        ("request.tools.exists(request, true)", 22, "is taken"),
        ("request.tools.exists(t, request.tools.all(u, u == t))", 39, "may not hold another"),
        ("request.stream ? 1 : 'a'", 22, "one way gives int"),
        ("{'a': 1}", 1, "unexpected"),
        ("99999999999999999999 > request.n", 1, "invalid"),
        ("(" * 40 + "true" + ")" * 40, 33, "levels of brackets"),
        ("has(request)", 5, "read by field"),
        ("request.words > 1 " * 300, 4097, "longer than"),
        ("b'a' == b'a'", 1, "bytes"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(text: str, column: int, says: str) -> None:
    with pytest.raises(ConditionError) as error:
        compile_condition(text)
    assert says in error.value.message
    assert (error.value.line, error.value.column) == (1, column)


def test_the_line_is_told_too() -> None:
    with pytest.raises(ConditionError) as error:
        compile_condition("request.n > 1 &&\n  request.m > 1")
    assert (error.value.line, error.value.column) == (2, 11)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("true", True),
        ("verdict.member && verdict.probability >= 0.9", True),
        ("verdict.probability > 1", False),
        ("request.n > 2.5 // more than two", True),
        ("request.model in ['large', 'small']", True),
        ("request.tools.exists(t, t.startsWith('web'))", True),
        ("size(request.tools) == 2 && request.tools.size() == 2", True),
        ("account.plan == '' ? false : true", False),
        ("request.model.matches('^lar.e$')", True),
        ("double(request.n) / 2.0 == 1.5", True),
        ("[] == request.tools", False),
        ("has(request.tools) && -request.n < 0", True),
        ("request.tools.filter(t, t == 'search').size() == 1", True),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    given = facts(
        verdict={"member": True, "probability": 0.95},
        request={"n": 3, "model": "large", "tools": ["web_fetch", "search"]},
    )
    assert compile_condition(text).outcome(given) is holds


def test_reads_names_what_decides() -> None:
    condition = compile_condition(
        "request.n > 2 && account.plan == 'free' || request.tools.exists(t, t == verdict.why)"
    )
    assert condition.reads == {"request.n", "account.plan", "request.tools", "verdict.why"}


@pytest.mark.parametrize(
    "text",
    [
        "request.n / request.turns > 1",
        "request.tools[7] == 'a'",
        "request.n * 9223372036854775807 > 1",
        "int(account.id) > 1",
    ],
)
def test_what_cannot_be_evaluated_neither_holds_nor_fails_to(text: str) -> None:
    condition = compile_condition(text)
    assert condition.outcome(facts(request={"n": 3})) is None
    assert condition.holds(facts(request={"n": 3})) is False


def test_a_fact_that_is_not_given_cannot_be_evaluated() -> None:
    assert compile_condition("request.n > 1").outcome({"request": {}}) is None
    assert compile_condition("request.n > 1").outcome({}) is None


VALUES = {
    "int": "3",
    "uint": "3u",
    "double": "1.5",
    "bool": "true",
    "string": "'3'",
    "timestamp": "timestamp('2026-01-01T00:00:00Z')",
    "duration": "duration('1h')",
}


@pytest.mark.parametrize("to", sorted(CONVERSIONS))
@pytest.mark.parametrize("of", sorted(VALUES))
def test_the_check_knows_the_conversions_of_the_engine(to: str, of: str) -> None:
    value = (
        {"timestamp": "'2026-01-01T00:00:00Z'", "duration": "'1h'"}.get(to, VALUES[of])
        if of == "string"
        else VALUES[of]
    )
    text = f"{to}({value}) == {to}({value})"
    if of in CONVERSIONS[to]:
        assert compile_condition(text).outcome({}) is True
    else:
        with pytest.raises(ConditionError, match="does not take"):
            compile_condition(text)
        with pytest.raises(RuntimeError, match="Undefined"):
            cel.evaluate(text)


_NUMBER = st.sampled_from(["request.n", "request.turns", "1", "2", "0"])
_TEXT = st.sampled_from(["request.model", "account.plan", "'a'", "'large'", '"b"'])
_LIST = st.sampled_from(["request.tools", "['a', 'b']", "[]"])
_BOOL = st.recursive(
    st.one_of(
        st.sampled_from(["true", "false", "request.stream", "verdict.member", "verdict.probability > 0.5"]),
        st.builds(lambda a, o, b: f"{a} {o} {b}", _NUMBER, st.sampled_from(["<", "==", ">=", "!="]), _NUMBER),
        st.builds(lambda a, o, b: f"{a} + {b} {o} 2", _NUMBER, st.sampled_from(["<", ">"]), _NUMBER),
        st.builds(lambda a, b: f"{a} == {b}", _TEXT, _TEXT),
        st.builds(lambda a, b: f"{a} in {b}", _TEXT, _LIST),
        st.builds(lambda a: f"{a}.exists(t, t == 'a')", _LIST),
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, o, b: f"({a}) {o} {b}", inner, st.sampled_from(["&&", "||"]), inner),
        st.builds(lambda a: f"!({a})", inner),
        st.builds(lambda a, b, c: f"({a} ? {b} : ({c}))", inner, inner, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150)
@given(_BOOL, st.integers(-2, 3), st.booleans(), st.sampled_from(["", "a", "large"]))
def test_what_the_check_passes_the_engine_evaluates(text: str, n: int, flag: bool, model: str) -> None:
    given: dict[str, dict[str, Any]] = facts(request={"n": n, "stream": flag, "model": model, "tools": ["a"][:n]})
    condition = compile_condition(text)
    assert condition.outcome(given) is cel.evaluate(text, given)


@settings(max_examples=300)
@given(st.text(alphabet="request.nmodl &|!=<>()[]'\"0159+-*/?:,tru\\\n", max_size=40))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        outcome = compile_condition(text).outcome(facts())
    except ConditionError as error:
        place: tuple[int, int] | None = (error.line, error.column)
    else:
        place = None
        assert outcome in {True, False, None}
    assert place is None or min(place) >= 1
