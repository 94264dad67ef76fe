"""Which facts a condition reads, and whether its types fit: checked before a policy is used, not at the first request.

The engine of the conditions finds wrong names and types only when it gets to them. This reads the same grammar (Common
Expression Language, https://github.com/google/cel-spec, without maps, bytes and messages) over declared types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydrometer.enforcement.policy.condition_tokens import (
    ConditionError,
    ConditionToken,
    make_condition_error,
    tokenise_condition,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_NESTED = 32
"""Brackets within brackets."""

NUMBERS = frozenset({"int", "uint", "double"})
ORDERED = NUMBERS | {"string", "bool", "timestamp", "duration"}
ANY = "any"
"""Of what an empty list holds."""

METHODS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "contains": ("string", ("string",), "bool"),
    "startsWith": ("string", ("string",), "bool"),
    "endsWith": ("string", ("string",), "bool"),
    "matches": ("string", ("string",), "bool"),
}
"""By name: what it is called on, its arguments, its result."""
CONVERSIONS: dict[str, frozenset[str]] = {
    "int": NUMBERS | {"string"},
    "uint": NUMBERS | {"string"},
    "double": NUMBERS | {"string"},
    "string": NUMBERS | {"string", "timestamp", "duration"},
    "timestamp": frozenset({"string", "timestamp"}),
    "duration": frozenset({"string", "duration"}),
}
"""By name, which is also the result: what it takes."""
LISTWISE = frozenset({"exists", "exists_one", "all", "filter", "map"})
RELATIONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
RESERVED = frozenset({"true", "false", "null", "in", "has", "size", *LISTWISE, *METHODS, *CONVERSIONS})


@dataclass
class TypedCondition:
    """A condition whose names and types fit."""

    type: str
    reads: set[str] = field(default_factory=set)
    """Facts, as `variable.field`."""
    patterns: list[ConditionToken] = field(default_factory=list)
    """Regular expressions, as literals; the engine has yet to try them."""


def check_condition_types(text: str, facts: Mapping[str, Mapping[str, str]]) -> TypedCondition:
    """Return the type of `text` and what it reads of `facts` (by variable, each field with its type).

    Raises:
        ConditionError: a syntax error, a name that `facts` lacks, or types that do not fit.
    """
    parser = _ConditionParser(text, facts)
    kind = parser.conditional()
    if parser.current.kind != "end":
        raise parser.error(f"unexpected `{parser.current.text}`")
    return TypedCondition(kind, parser.reads, parser.patterns)


class _ConditionParser:
    """A parser by recursive descent; each method returns the type of what it read."""

    def __init__(self, text: str, facts: Mapping[str, Mapping[str, str]]) -> None:
        self._text, self._facts, self._tokens, self._next = text, facts, tokenise_condition(text), 0
        self._local: dict[str, str] = {}
        self._depth = 0
        self.reads: set[str] = set()
        self.patterns: list[ConditionToken] = []

    @property
    def current(self) -> ConditionToken:
        return self._tokens[self._next]

    def error(self, message: str, token: ConditionToken | None = None) -> ConditionError:
        return make_condition_error(self._text, (token or self.current).offset, message)

    def _advance(self) -> ConditionToken:
        token = self.current
        self._next += token.kind != "end"
        return token

    def _is_at(self, *texts: str) -> bool:
        return self.current.text in texts and self.current.kind in {"sign", "name"}

    def _expect(self, text: str) -> None:
        if not self._is_at(text):
            raise self.error(f"expected `{text}`" + (f", not `{self.current.text}`" if self.current.text else ""))
        self._advance()

    def _require(self, kind: str, wanted: str, token: ConditionToken, what: str) -> None:
        if kind != wanted:
            raise self.error(f"{what} must be {wanted}, not {kind}", token)

    def conditional(self) -> str:
        """Read `a ? b : c`, or what is before its `?` alone."""
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise self.error(f"more than {MOST_NESTED} levels of brackets")
        start = self.current
        kind = self._logical("||")
        if self._is_at("?"):
            self._require(kind, "bool", start, "what is before `?`")
            self._advance()
            yes = self._logical("||")
            self._expect(":")
            at = self.current
            no = self.conditional()
            if not _is_same_type(yes, no):
                raise self.error(f"one way gives {yes}, the other {no}", at)
            kind = no if yes == ANY else yes
        self._depth -= 1
        return kind

    def _logical(self, sign: str) -> str:
        start = self.current
        kind = self._logical_operand(sign)
        while self._is_at(sign):
            self._require(kind, "bool", start, f"what is before `{sign}`")
            self._advance()
            start = self.current
            self._require(self._logical_operand(sign), "bool", start, f"what is after `{sign}`")
        return kind

    def _logical_operand(self, sign: str) -> str:
        return self._logical("&&") if sign == "||" else self._relation()

    def _relation(self) -> str:
        left = self._sum()
        while self._is_at(*RELATIONS):
            sign = self._advance()
            right = self._sum()
            if sign.text == "in":
                if not right.startswith("list(") or not _is_comparable(left, right[5:-1]):
                    raise self.error(f"`in` asks whether a list holds a value; this is {left} in {right}", sign)
            elif not _is_comparable(left, right) or (sign.text not in {"==", "!="} and left not in ORDERED):
                raise self.error(f"{left} {sign.text} {right} compares what cannot be compared", sign)
            left = "bool"
        return left

    def _sum(self) -> str:
        left = self._product()
        while self._is_at("+", "-"):
            sign = self._advance()
            right = self._product()
            joined = sign.text == "+" and (left == "string" or left.startswith("list("))
            times = {(t, "duration") for t in ("timestamp", "duration")}
            if (left, right) in times:
                continue
            if (left, right) == ("timestamp", "timestamp") and sign.text == "-":
                left = "duration"
                continue
            if not (left in NUMBERS or joined) or not _is_same_type(left, right):
                raise self.error(_explain_operator(left, sign.text, right), sign)
        return left

    def _product(self) -> str:
        left = self._unary()
        while self._is_at("*", "/", "%"):
            sign = self._advance()
            right = self._unary()
            if left not in NUMBERS or left != right or (sign.text == "%" and left == "double"):
                raise self.error(_explain_operator(left, sign.text, right), sign)
        return left

    def _unary(self) -> str:
        if self._is_at("!", "-"):
            signs = [self._advance()]
            while self._is_at(signs[0].text):
                signs.append(self._advance())
            start = self.current
            kind = self._member()
            if signs[0].text == "!":
                self._require(kind, "bool", start, "what is after `!`")
            elif kind not in {"int", "double"}:
                raise self.error(f"what is after `-` must be a number, not {kind}", start)
            return kind
        return self._member()

    def _member(self) -> str:
        kind = self._primary()
        while self._is_at(".", "["):
            sign = self._advance()
            if sign.text == "[":
                start = self.current
                self._require(self.conditional(), "int", start, "a place in a list")
                self._expect("]")
                if not kind.startswith("list("):
                    raise self.error(f"{kind} has no places", sign)
                kind = kind[5:-1]
                continue
            name = self._name("a method")
            if not self._is_at("("):
                raise self.error(f"{kind} has no field `{name.text}`", name)
            kind = self._method(kind, name)
        return kind

    def _method(self, kind: str, name: ConditionToken) -> str:
        self._advance()
        if name.text == "size":
            self._expect(")")
            return self._size(kind, name)
        if name.text in LISTWISE:
            return self._listwise(kind, name)
        if name.text not in METHODS:
            raise self.error(
                f"there is no method `{name.text}`; methods are {_join_names(METHODS, LISTWISE, ['size'])}", name
            )
        on, takes, gives = METHODS[name.text]
        self._require(kind, on, name, f"what `{name.text}` is called on")
        start = self.current
        self._require(self.conditional(), takes[0], start, f"what `{name.text}` takes")
        if name.text == "matches":
            if start.kind != "string" or not self._is_at(")"):
                raise self.error("a regular expression must be a literal text", start)
            self.patterns.append(start)
        self._expect(")")
        return gives

    def _listwise(self, kind: str, name: ConditionToken) -> str:
        if not kind.startswith("list("):
            raise self.error(f"`{name.text}` works on a list, not on {kind}", name)
        variable = self._name("a name for what the list holds")
        if self._local:
            # Each level multiplies what one request costs.
            raise self.error("a condition over a list may not hold another one", name)
        if variable.text in RESERVED or variable.text in self._facts:
            raise self.error(f"`{variable.text}` is taken; use another name", variable)
        self._expect(",")
        self._local[variable.text] = kind[5:-1]
        start = self.current
        inner = self.conditional()
        if name.text != "map":
            self._require(inner, "bool", start, f"what `{name.text}` asks")
        del self._local[variable.text]
        self._expect(")")
        return {"map": f"list({inner})", "filter": kind}.get(name.text, "bool")

    def _primary(self) -> str:
        token = self._advance()
        if token.kind in {"int", "uint", "double", "string"}:
            return token.kind
        if token.text == "(":
            kind = self.conditional()
            self._expect(")")
            return kind
        if token.text == "[":
            return self._list()
        if token.kind != "name":
            raise self.error(f"unexpected `{token.text}`" if token.text else "the condition ends too early", token)
        if token.text in {"true", "false"}:
            return "bool"
        if self._is_at("("):
            return self._call(token)
        if token.text in self._local:
            return self._local[token.text]
        return self._fact(token)

    def _list(self) -> str:
        element = ANY
        while not self._is_at("]"):
            start = self.current
            kind = self.conditional()
            if not _is_same_type(element, kind):
                raise self.error(f"a list of {element} may not hold {kind}", start)
            element = kind
            if not self._is_at("]"):
                self._expect(",")
        self._advance()
        return f"list({element})"

    def _call(self, name: ConditionToken) -> str:
        self._advance()
        start = self.current
        if name.text == "has":
            self._fact(self._name("a fact"))
            if not self._is_at(")"):
                raise self.error("`has` asks for a fact, such as has(request.tools)", start)
            self._advance()
            return "bool"
        if name.text != "size" and name.text not in CONVERSIONS:
            raise self.error(
                f"there is no function `{name.text}`; functions are {_join_names(CONVERSIONS, ['has', 'size'])}", name
            )
        kind = self.conditional()
        self._expect(")")
        if name.text == "size":
            return self._size(kind, start)
        if kind not in CONVERSIONS[name.text]:
            raise self.error(f"`{name.text}` does not take {kind}", start)
        return name.text

    def _size(self, kind: str, token: ConditionToken) -> str:
        if kind != "string" and not kind.startswith("list("):
            raise self.error(f"{kind} has no size", token)
        return "int"

    def _fact(self, variable: ConditionToken) -> str:
        if variable.text not in self._facts:
            raise self.error(f"there is no `{variable.text}`; conditions are over {_join_names(self._facts)}", variable)
        fields = self._facts[variable.text]
        if not self._is_at("."):
            raise self.error(
                f"`{variable.text}` is read by field, such as {variable.text}.{next(iter(fields))}", variable
            )
        self._advance()
        name = self._name(f"a field of {variable.text}")
        if name.text not in fields:
            raise self.error(f"{variable.text} has no `{name.text}`; it has {_join_names(fields)}", name)
        self.reads.add(f"{variable.text}.{name.text}")
        return fields[name.text]

    def _name(self, what: str) -> ConditionToken:
        token = self._advance()
        if token.kind != "name":
            raise self.error(f"expected {what}", token)
        return token


def _is_same_type(one: str, other: str) -> bool:
    """Return whether two types are one; an empty list is of any."""
    if one.startswith("list(") and other.startswith("list("):
        return _is_same_type(one[5:-1], other[5:-1])
    return one == other or ANY in {one, other}


def _is_comparable(one: str, other: str) -> bool:
    return _is_same_type(one, other) or {one, other} <= NUMBERS


def _explain_operator(left: str, sign: str, right: str) -> str:
    hint = "; make both the same, such as double(…)" if {left, right} <= NUMBERS and left != right else ""
    return f"there is no {left} {sign} {right}{hint}"


def _join_names(*groups: object) -> str:
    return ", ".join(sorted({str(name) for group in groups for name in group}))  # type: ignore[attr-defined]
