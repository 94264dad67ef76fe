"""What exchanges state of accounts is kept once, by account, with the file that said it first."""

from __future__ import annotations

from hydrometer.sources.account_statements import AccountStatements


def test_statements_come_by_account_each_once_and_without_an_account_not_at_all() -> None:
    statements = AccountStatements()
    statements.add({"account_id": "b", "org_id": "o"}, "1.jsonl")
    statements.add({"account_id": "b", "org_id": "o"}, "2.jsonl")
    statements.add({"account_id": "a", "org_id": 7}, "2.jsonl")
    statements.add({"account_id": " ", "org_id": "o"}, "2.jsonl")
    assert statements.list_by_account() == [
        ("a", [({"org_id": "7"}, "2.jsonl")]),
        ("b", [({"org_id": "o"}, "1.jsonl")]),
    ]
