"""Conditions of a policy, compiled: written in Common Expression Language over the facts that the contract declares.

A condition that fails to evaluate (a fact that is not given, a division by zero, an overflow, a place that a list lacks)
neither holds nor fails to hold: `outcome` is None, the rule does not fire, and whoever asked counts it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cel import (
    cel,  # the compiled module itself: xds-protos, of the extra `envoy`, ships an empty `cel/__init__.py` too
)

from hydrometer.contract import FACTS
from hydrometer.enforcement.policy.condition_tokens import ConditionError, make_condition_error
from hydrometer.enforcement.policy.condition_types import check_condition_types

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CompiledCondition", "ConditionError", "compile_condition"]

_FAILURES = (KeyError, IndexError, TypeError, ValueError, ArithmeticError, RuntimeError)
"""What the engine raises when an expression cannot be evaluated."""
_ERROR_POSITION = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


class CompiledCondition:
    """A compiled condition: `outcome` evaluates it, `reads` says which facts decide it."""

    __slots__ = ("_always", "_fields", "_program", "reads", "text")

    def __init__(self, text: str, program: cel.Program, reads: frozenset[str]) -> None:
        self.text = text
        self.reads = reads
        """Facts that it reads, as `variable.field`; nothing else can change its outcome."""
        self._program = program
        by_variable: dict[str, list[str]] = {}
        for name in sorted(reads):
            variable, _, fact = name.partition(".")
            by_variable.setdefault(variable, []).append(fact)
        self._fields = [(variable, tuple(names)) for variable, names in by_variable.items()]
        self._always = self._run({}) if not reads else None

    def outcome(self, facts: Mapping[str, Mapping[str, object]]) -> bool | None:
        """Return whether it holds, None when it cannot be evaluated."""
        if not self.reads:
            return self._always
        # Only what is read is handed over: the engine converts everything that it gets.
        given: dict[str, dict[str, object]] = {}
        for variable, names in self._fields:
            fields = facts.get(variable, {})
            given[variable] = {name: fields[name] for name in names if name in fields}
        return self._run(given)

    def holds(self, facts: Mapping[str, Mapping[str, object]]) -> bool:
        """Return whether it holds; what cannot be evaluated does not hold."""
        return self.outcome(facts) is True

    def _run(self, given: dict[str, dict[str, object]]) -> bool | None:
        try:
            result = self._program.execute(given)
        except _FAILURES:
            return None
        return result if isinstance(result, bool) else None


def compile_condition(text: str, facts: Mapping[str, Mapping[str, str]] = FACTS) -> CompiledCondition:
    """Return `text` as a condition over `facts` (by variable, each field with its type).

    Raises:
        ConditionError: a syntax error, an unknown name, types that do not fit, or a regular expression that is none.
    """
    typed = check_condition_types(text, facts)
    if typed.type != "bool":
        raise make_condition_error(text, 0, f"a condition must be bool, not {typed.type}")
    for pattern in typed.patterns:
        try:
            cel.evaluate(f"''.matches({pattern.text})")
        except _FAILURES:
            raise make_condition_error(text, pattern.offset, f"{pattern.text} is no regular expression") from None
    try:
        program = cel.compile(text)
    except ValueError as error:
        position = _ERROR_POSITION.search(str(error))
        line, column, what = (int(position[1]), int(position[2]), position[3]) if position else (1, 1, "cannot be read")
        raise ConditionError(what, line, column) from None
    return CompiledCondition(text, program, frozenset(typed.reads))
