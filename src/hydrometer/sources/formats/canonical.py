"""The contract's own tables, one exchange a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.sources.reader import Draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract.settings import ReadSettings
    from hydrometer.sources.rejects import Rejects
    from hydrometer.sources.stream import Record


class Canonical:
    """Reads records that bear the contract's names."""

    name = "canonical"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return "exchange_id" in record

    def read(
        self,
        records: Iterable[Record],
        rejects: Rejects,  # noqa: ARG002 -- the protocol's
        settings: ReadSettings,  # noqa: ARG002 -- the protocol's
    ) -> Iterator[Draft]:
        for line, fields, size in records:
            yield Draft(line, fields, None, size)


READER = Canonical()
