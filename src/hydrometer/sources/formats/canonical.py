"""The contract's own tables, one exchange a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.sources.format_reader import RawExchange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract import ReadSettings
    from hydrometer.sources.record_readers import RawRecord
    from hydrometer.sources.rejects import Rejects


class CanonicalReader:
    """Reads records that bear the contract's names."""

    name = "canonical"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return "exchange_id" in record

    def read(
        self,
        records: Iterable[RawRecord],
        rejects: Rejects,  # noqa: ARG002 -- the protocol's
        settings: ReadSettings,  # noqa: ARG002 -- the protocol's
    ) -> Iterator[RawExchange]:
        for line, fields, size in records:
            yield RawExchange(line, fields, None, size)


READER = CanonicalReader()
