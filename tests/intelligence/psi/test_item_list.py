"""What is matched, with whom and how often: lists, partners' files and ledgers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.errors import InputError
from hydrometer.contract.intel_records import Indicator
from hydrometer.intelligence.psi import item_list
from hydrometer.intelligence.psi.item_list import MATCHED, MatchItem, read_item_list, select_items
from hydrometer.intelligence.psi.partner_file import make_partner, read_partner
from hydrometer.intelligence.psi.query_quota import DAY, QueryQuota, QuotaError, SessionLedger

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def listed(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_list_is_read_in_one_spelling_each_item_once(tmp_path: Path) -> None:
    text = "# a comment\n\naddress: ::ffff:198.51.100.7\naddress:198.51.100.7\r\nasn:AS64500\n ja4 :t13d:x\n"
    found = read_item_list(listed(tmp_path / "list", text))
    assert found.items == (
        MatchItem(EntityKind.ADDRESS, "198.51.100.7"),
        MatchItem(EntityKind.ASN, "64500"),
        MatchItem(EntityKind.JA4, "t13d:x"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("address", "list:1: no kind"),
        ("\nplanet:earth", "list:2: no kind"),
        ("template:x", "no kind that is matched"),
        ("address:300.1.1.1", "list:1: no address"),
        ("asn:", "list:1: no asn"),
        (b"address:\xff", "not UTF-8"),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_item_list(listed(tmp_path / "list", text))
    with pytest.raises(InputError, match="cannot be read"):
        read_item_list(tmp_path)


def test_a_list_has_a_greatest_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_list, "MOST", 3)
    with pytest.raises(InputError, match="more than 3"):
        read_item_list(listed(tmp_path / "list", "".join(f"asn:{n}\n" for n in range(9))))


def indicator(kind: Any = "device", value: str = "d", **more: Any) -> Indicator:
    return Indicator(id=f"indicator--{kind}{value}", kind=kind, value=value, **more)


def test_what_is_not_valid_or_not_to_be_passed_on_is_left_out_and_counted() -> None:
    found = select_items(
        [
            indicator(),
            indicator(valid_until=datetime(2026, 4, 1, tzinfo=UTC)),
            indicator(value="revoked", revoked=True),
            indicator(value="old", valid_until=NOW),
            indicator(value="red", tlp="red"),
            indicator("template", "t"),
            indicator("address", "nonsense"),
        ],
        NOW,
    )
    assert found.items == (MatchItem(EntityKind.DEVICE, "d"),)
    assert sorted(found.left_out.values()) == [1, 1, 1, 1, 1]


@given(st.sampled_from(sorted(MATCHED)), st.text(max_size=40))
def test_any_value_is_taken_or_counted(kind: Any, value: str) -> None:
    found = select_items([indicator(kind, value)], NOW)
    assert len(found.items) + sum(found.left_out.values()) == 1


def test_a_partners_file_is_made_once_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "cloud.toml"
    made = make_partner("cloud-b", path)
    assert read_partner(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert made.key not in repr(made)
    with pytest.raises(InputError, match="already"):
        make_partner("cloud-b", path)
    assert read_partner(path) == made
    path.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        read_partner(path)
    with pytest.raises(InputError, match="no name"):
        make_partner("a b", tmp_path / "x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        'name = "x"',
        'name = "x"\nkey = "secretsecret"',
        'name = "x"\nkey = "secretsecret',
        f'name = "x"\nkey = "{"ab" * 32}"\nmost_items = -1',
        f'name = "x"\nkey = "{"ab" * 32}"\nother = 1',
        b"\xff",
    ],
)
def test_an_unusable_partners_file_is_told_without_its_key(tmp_path: Path, text: str | bytes) -> None:
    path = listed(tmp_path / "partner", text)
    path.chmod(0o600)
    with pytest.raises(InputError) as caught:
        read_partner(path)
    assert "secretsecret" not in str(caught.value)
    assert "ab" * 8 not in str(caught.value)


def test_a_quota_is_of_a_partner_and_of_a_period(tmp_path: Path) -> None:
    now = [1_000_000.0]
    ledger = SessionLedger(tmp_path / "ledger", clock=lambda: now[0])

    def begin(partner: str, theirs: int) -> int:
        return ledger.begin(partner, theirs=theirs, ours=1, learn="both", quota=QueryQuota(10, 2))

    begin("a", 10)
    with pytest.raises(QuotaError, match="1 items after 10 in 2 days; 10 are"):
        begin("a", 1)
    begin("b", 10)
    begin("a", 0)
    now[0] += 2 * DAY - 1
    with pytest.raises(QuotaError):
        begin("a", 1)
    now[0] += 1
    number = begin("a", 10)
    ledger.end(number, "failed", answered=False)
    begin("a", 10)
    assert [(one.partner, one.theirs, one.counted) for one in SessionLedger(tmp_path / "ledger").sessions()] == [
        ("a", 10, True),
        ("b", 10, True),
        ("a", 0, True),
        ("a", 10, False),
        ("a", 10, True),
    ]
    now[0] -= 5 * DAY  # a clock that goes back opens nothing
    with pytest.raises(QuotaError):
        begin("a", 1)


def test_what_is_no_ledger_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot use the ledger"):
        SessionLedger(listed(tmp_path / "ledger", "no database, and long enough to be looked at" * 90))
    with pytest.raises(InputError, match="cannot use the ledger"):
        SessionLedger(tmp_path)
