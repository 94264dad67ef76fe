"""What a format must do to be read.

To add a format: a module in `formats/` with a `READER`, and cases in `tests/sources/cases/<name>/`; or such a module in a
package of its own, named by an entry point `hydrometer.sources` (docs/plugins.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract import ReadSettings
    from hydrometer.sources.record_readers import RawRecord
    from hydrometer.sources.rejects import Rejects


class RawExchange(NamedTuple):
    """One exchange as a format held it: column → value of any type, still to be conformed to the contract."""

    line: int
    exchange: dict[str, Any]
    account: dict[str, Any] | None
    """What the exchange tells of its account, `account_id` included; None where nothing."""
    size: int
    """Roughly the bytes that the exchange holds in memory."""


@runtime_checkable
class FormatReader(Protocol):
    """One format of telemetry."""

    name: str

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """Return whether a file's first record (or, of a table, its columns with None as values) is of this format."""

    def read(self, records: Iterable[RawRecord], rejects: Rejects, settings: ReadSettings) -> Iterator[RawExchange]:
        """Yield the exchanges of one file, in an order that depends on the file alone."""


def make_account_facts(account_id: Any, *, org_id: Any = None, email: Any = None) -> dict[str, Any] | None:
    """Account facts that stand in an exchange; None where there is nothing but the id."""
    facts: dict[str, Any] = {}
    if isinstance(org_id, str | int) and not isinstance(org_id, bool) and org_id != "":
        facts["org_id"] = org_id
    if isinstance(email, str):
        local, at, domain = email.strip().rpartition("@")
        if at and local and domain:
            facts |= {"email_local": local, "email_domain": domain.lower()}
    return {"account_id": account_id, **facts} if facts else None


def pick_first(*values: Any) -> Any:
    """Return the first value that is there: neither None nor empty."""
    for value in values:
        if value is not None and value not in ("", [], {}):
            return value
    return None
