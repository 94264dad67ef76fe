"""A condition's text as tokens, and errors in it with their position."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_CHARACTERS = 4096
"""Longer conditions are refused: a person reads them, and every request pays for them."""


class ConditionError(ValueError):
    """A condition that cannot be used; `line` and `column` count from 1 within its text."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"{message} (line {line}, column {column})" if line > 1 else f"{message} (column {column})")
        self.message, self.line, self.column = message, line, column


class ConditionToken(NamedTuple):
    """One word or sign of a condition."""

    kind: str
    """name, int, uint, double, string, sign, or end."""
    text: str
    offset: int
    """Offset in the condition."""


_TOKEN = re.compile(
    r"""(?P<blank>[\s]+|//[^\n]*)
    |(?P<bytes>[rR]?[bB][rR]?["'])
    |(?P<string>[rR]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<double>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<uint>(?:0[xX][0-9a-fA-F]+|\d+)[uU])
    |(?P<int>0[xX][0-9a-fA-F]+|\d+)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def make_condition_error(text: str, offset: int, message: str) -> ConditionError:
    """Return the error `message` at an offset of `text`."""
    before = text[:offset]
    return ConditionError(message, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def tokenise_condition(text: str) -> list[ConditionToken]:
    """Return the tokens of `text`, an `end` behind them.

    Raises:
        ConditionError: the text is empty, too long, or holds what no condition holds.
    """
    if len(text) > MOST_CHARACTERS:
        raise make_condition_error(text, MOST_CHARACTERS, f"longer than {MOST_CHARACTERS} characters")
    tokens, offset = [], 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            sign = text[offset]
            hint = {"=": ": equality is written ==", "&": ": and is written &&", "|": ": or is written ||"}.get(
                sign, ""
            )
            what = "a text that is not closed" if sign in "\"'" else f"unexpected {sign!r}"
            raise make_condition_error(text, offset, what + hint)
        kind = match.lastgroup or ""
        if kind == "bytes":
            raise make_condition_error(text, offset, "bytes are not used in conditions")
        if kind != "blank":
            tokens.append(ConditionToken(kind, match[0], offset))
        offset = match.end()
    if not tokens:
        raise make_condition_error(text, 0, "the condition is empty; write true for always")
    tokens.append(ConditionToken("end", "", len(text)))
    return tokens
