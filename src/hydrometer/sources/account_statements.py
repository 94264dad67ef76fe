"""What exchanges state of their accounts."""

from __future__ import annotations

from typing import Any

from hydrometer.sources import value_parsers

Facts = dict[str, Any]


class AccountStatements:
    """What exchanges state of their accounts; each distinct statement once."""

    def __init__(self) -> None:
        self._statements: dict[str, dict[tuple[tuple[str, Any], ...], str]] = {}

    def add(self, facts: Facts, file: str) -> None:
        """Add one statement: `account_id` and other columns, raw."""
        account_id, _ = value_parsers.parse_identifier(facts["account_id"])
        if account_id is None:
            return
        statement = tuple((name, value) for name, value in facts.items() if name != "account_id")
        self._statements.setdefault(account_id, {}).setdefault(statement, file)

    def list_by_account(self) -> list[tuple[str, list[tuple[Facts, str]]]]:
        """Return the accounts, sorted, each with its statements and the file of each."""
        return [
            (
                account_id,
                [
                    ({name: value_parsers.parse_identifier(value)[0] for name, value in statement}, file)
                    for statement, file in statements.items()
                ],
            )
            for account_id, statements in sorted(self._statements.items())
        ]
