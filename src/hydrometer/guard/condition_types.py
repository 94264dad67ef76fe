"""Which facts a condition reads, and whether its types fit: checked before a policy is used, not at the first request.

The engine of the conditions finds wrong names and types only when it gets to them. This reads the same grammar (Common
Expression Language, https://github.com/google/cel-spec, without maps, bytes and messages) over declared types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydrometer.guard.condition_tokens import ConditionError, Token, tokens, wrong

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
class Reading:
    """What a condition turned out to be."""

    type: str
    reads: set[str] = field(default_factory=set)
    """Facts, as `variable.field`."""
    patterns: list[Token] = field(default_factory=list)
    """Regular expressions, as literals; the engine has yet to try them."""


def read_condition(text: str, facts: Mapping[str, Mapping[str, str]]) -> Reading:
    """Return the type of `text` and what it reads of `facts` (by variable, each field with its type).

    Raises:
        ConditionError: a syntax error, a name that `facts` lacks, or types that do not fit.
    """
    parser = _Parser(text, facts)
    kind = parser.choice()
    if parser.now.kind != "end":
        raise parser.wrong(f"unexpected `{parser.now.text}`")
    return Reading(kind, parser.reads, parser.patterns)


class _Parser:
    """Recursive descent; each method returns the type of what it read."""

    def __init__(self, text: str, facts: Mapping[str, Mapping[str, str]]) -> None:
        self._text, self._facts, self._tokens, self._next = text, facts, tokens(text), 0
        self._local: dict[str, str] = {}
        self._depth = 0
        self.reads: set[str] = set()
        self.patterns: list[Token] = []

    @property
    def now(self) -> Token:
        return self._tokens[self._next]

    def wrong(self, message: str, token: Token | None = None) -> ConditionError:
        return wrong(self._text, (token or self.now).at, message)

    def _take(self) -> Token:
        token = self.now
        self._next += token.kind != "end"
        return token

    def _at(self, *texts: str) -> bool:
        return self.now.text in texts and self.now.kind in {"sign", "name"}

    def _expect(self, text: str) -> None:
        if not self._at(text):
            raise self.wrong(f"expected `{text}`" + (f", not `{self.now.text}`" if self.now.text else ""))
        self._take()

    def _must(self, kind: str, wanted: str, token: Token, what: str) -> None:
        if kind != wanted:
            raise self.wrong(f"{what} must be {wanted}, not {kind}", token)

    def choice(self) -> str:
        """`a ? b : c`."""
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise self.wrong(f"more than {MOST_NESTED} levels of brackets")
        start = self.now
        kind = self._both("||")
        if self._at("?"):
            self._must(kind, "bool", start, "what is before `?`")
            self._take()
            yes = self._both("||")
            self._expect(":")
            at = self.now
            no = self.choice()
            if not _same(yes, no):
                raise self.wrong(f"one way gives {yes}, the other {no}", at)
            kind = no if yes == ANY else yes
        self._depth -= 1
        return kind

    def _both(self, sign: str) -> str:
        start = self.now
        kind = self._deeper(sign)
        while self._at(sign):
            self._must(kind, "bool", start, f"what is before `{sign}`")
            self._take()
            start = self.now
            self._must(self._deeper(sign), "bool", start, f"what is after `{sign}`")
        return kind

    def _deeper(self, sign: str) -> str:
        return self._both("&&") if sign == "||" else self._relation()

    def _relation(self) -> str:
        left = self._sum()
        while self._at(*RELATIONS):
            sign = self._take()
            right = self._sum()
            if sign.text == "in":
                if not right.startswith("list(") or not _comparable(left, right[5:-1]):
                    raise self.wrong(f"`in` asks whether a list holds a value; this is {left} in {right}", sign)
            elif not _comparable(left, right) or (sign.text not in {"==", "!="} and left not in ORDERED):
                raise self.wrong(f"{left} {sign.text} {right} compares what cannot be compared", sign)
            left = "bool"
        return left

    def _sum(self) -> str:
        left = self._product()
        while self._at("+", "-"):
            sign = self._take()
            right = self._product()
            joined = sign.text == "+" and (left == "string" or left.startswith("list("))
            times = {(t, "duration") for t in ("timestamp", "duration")}
            if (left, right) in times:
                continue
            if (left, right) == ("timestamp", "timestamp") and sign.text == "-":
                left = "duration"
                continue
            if not (left in NUMBERS or joined) or not _same(left, right):
                raise self.wrong(_no_such(left, sign.text, right), sign)
        return left

    def _product(self) -> str:
        left = self._unary()
        while self._at("*", "/", "%"):
            sign = self._take()
            right = self._unary()
            if left not in NUMBERS or left != right or (sign.text == "%" and left == "double"):
                raise self.wrong(_no_such(left, sign.text, right), sign)
        return left

    def _unary(self) -> str:
        if self._at("!", "-"):
            signs = [self._take()]
            while self._at(signs[0].text):
                signs.append(self._take())
            start = self.now
            kind = self._member()
            if signs[0].text == "!":
                self._must(kind, "bool", start, "what is after `!`")
            elif kind not in {"int", "double"}:
                raise self.wrong(f"what is after `-` must be a number, not {kind}", start)
            return kind
        return self._member()

    def _member(self) -> str:
        kind = self._primary()
        while self._at(".", "["):
            sign = self._take()
            if sign.text == "[":
                start = self.now
                self._must(self.choice(), "int", start, "a place in a list")
                self._expect("]")
                if not kind.startswith("list("):
                    raise self.wrong(f"{kind} has no places", sign)
                kind = kind[5:-1]
                continue
            name = self._name("a method")
            if not self._at("("):
                raise self.wrong(f"{kind} has no field `{name.text}`", name)
            kind = self._method(kind, name)
        return kind

    def _method(self, kind: str, name: Token) -> str:
        self._take()
        if name.text == "size":
            self._expect(")")
            return self._size(kind, name)
        if name.text in LISTWISE:
            return self._listwise(kind, name)
        if name.text not in METHODS:
            raise self.wrong(
                f"there is no method `{name.text}`; methods are {_names(METHODS, LISTWISE, ['size'])}", name
            )
        on, takes, gives = METHODS[name.text]
        self._must(kind, on, name, f"what `{name.text}` is called on")
        start = self.now
        self._must(self.choice(), takes[0], start, f"what `{name.text}` takes")
        if name.text == "matches":
            if start.kind != "string" or not self._at(")"):
                raise self.wrong("a regular expression must be a literal text", start)
            self.patterns.append(start)
        self._expect(")")
        return gives

    def _listwise(self, kind: str, name: Token) -> str:
        if not kind.startswith("list("):
            raise self.wrong(f"`{name.text}` works on a list, not on {kind}", name)
        variable = self._name("a name for what the list holds")
        if self._local:
            # Each level multiplies what one request costs.
            raise self.wrong("a condition over a list may not hold another one", name)
        if variable.text in RESERVED or variable.text in self._facts:
            raise self.wrong(f"`{variable.text}` is taken; use another name", variable)
        self._expect(",")
        self._local[variable.text] = kind[5:-1]
        start = self.now
        inner = self.choice()
        if name.text != "map":
            self._must(inner, "bool", start, f"what `{name.text}` asks")
        del self._local[variable.text]
        self._expect(")")
        return {"map": f"list({inner})", "filter": kind}.get(name.text, "bool")

    def _primary(self) -> str:
        token = self._take()
        if token.kind in {"int", "uint", "double", "string"}:
            return token.kind
        if token.text == "(":
            kind = self.choice()
            self._expect(")")
            return kind
        if token.text == "[":
            return self._list()
        if token.kind != "name":
            raise self.wrong(f"unexpected `{token.text}`" if token.text else "the condition ends too early", token)
        if token.text in {"true", "false"}:
            return "bool"
        if self._at("("):
            return self._call(token)
        if token.text in self._local:
            return self._local[token.text]
        return self._fact(token)

    def _list(self) -> str:
        held = ANY
        while not self._at("]"):
            start = self.now
            kind = self.choice()
            if not _same(held, kind):
                raise self.wrong(f"a list of {held} may not hold {kind}", start)
            held = kind
            if not self._at("]"):
                self._expect(",")
        self._take()
        return f"list({held})"

    def _call(self, name: Token) -> str:
        self._take()
        start = self.now
        if name.text == "has":
            self._fact(self._name("a fact"))
            if not self._at(")"):
                raise self.wrong("`has` asks for a fact, such as has(request.tools)", start)
            self._take()
            return "bool"
        if name.text != "size" and name.text not in CONVERSIONS:
            raise self.wrong(
                f"there is no function `{name.text}`; functions are {_names(CONVERSIONS, ['has', 'size'])}", name
            )
        kind = self.choice()
        self._expect(")")
        if name.text == "size":
            return self._size(kind, start)
        if kind not in CONVERSIONS[name.text]:
            raise self.wrong(f"`{name.text}` does not take {kind}", start)
        return name.text

    def _size(self, kind: str, token: Token) -> str:
        if kind != "string" and not kind.startswith("list("):
            raise self.wrong(f"{kind} has no size", token)
        return "int"

    def _fact(self, variable: Token) -> str:
        if variable.text not in self._facts:
            raise self.wrong(f"there is no `{variable.text}`; conditions are over {_names(self._facts)}", variable)
        fields = self._facts[variable.text]
        if not self._at("."):
            raise self.wrong(
                f"`{variable.text}` is read by field, such as {variable.text}.{next(iter(fields))}", variable
            )
        self._take()
        name = self._name(f"a field of {variable.text}")
        if name.text not in fields:
            raise self.wrong(f"{variable.text} has no `{name.text}`; it has {_names(fields)}", name)
        self.reads.add(f"{variable.text}.{name.text}")
        return fields[name.text]

    def _name(self, what: str) -> Token:
        token = self._take()
        if token.kind != "name":
            raise self.wrong(f"expected {what}", token)
        return token


def _same(one: str, other: str) -> bool:
    """Whether two types are one; an empty list is of any."""
    if one.startswith("list(") and other.startswith("list("):
        return _same(one[5:-1], other[5:-1])
    return one == other or ANY in {one, other}


def _comparable(one: str, other: str) -> bool:
    return _same(one, other) or {one, other} <= NUMBERS


def _no_such(left: str, sign: str, right: str) -> str:
    hint = "; make both the same, such as double(…)" if {left, right} <= NUMBERS and left != right else ""
    return f"there is no {left} {sign} {right}{hint}"


def _names(*groups: object) -> str:
    return ", ".join(sorted({str(name) for group in groups for name in group}))  # type: ignore[attr-defined]
