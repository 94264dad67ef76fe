"""OTLP in JSON: exports of traces and of logs, whose texts join their spans."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from hydrometer.sources import telemetry
from hydrometer.sources.messages import mapping
from hydrometer.sources.reader import Draft, account_of
from hydrometer.sources.telemetry import Attributes, Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract.settings import ReadSettings
    from hydrometer.sources.rejects import Rejects
    from hydrometer.sources.stream import Record

OTHER_SPAN = "span that is no model call"
OTHER_LOG = "log record of another kind"
NO_SPAN = "log record without its span within reach"
REPEATED = "log record that repeats its span's texts"
REMEMBERED = 65_536
"""Spans that are already given out and still known, to tell a log record that repeats one from one without its span."""

Key = tuple[str, str]


class Otlp:
    """Reads exports of spans and of log records."""

    name = "otlp"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return "resourceSpans" in record or "resourceLogs" in record

    def read(self, records: Iterable[Record], rejects: Rejects, settings: ReadSettings) -> Iterator[Draft]:
        joiner = Joiner(rejects, settings.batch_rows, settings.batch_bytes)
        for line, export, size in records:
            spans = list(_entries(export, "resourceSpans", "scopeSpans", "spans"))
            logs = list(_entries(export, "resourceLogs", "scopeLogs", "logRecords"))
            share = size // max(1, len(spans) + len(logs))
            for resource, span in spans:
                yield from joiner.span(resource, span, line, share)
            for _, log in logs:
                yield from joiner.log(log, share)
        yield from joiner.rest()


class Waiting:
    """A span without texts, until its log records came."""

    __slots__ = ("found", "key", "line", "size", "span", "texts")

    def __init__(self, found: Attributes, span: dict[str, Any], key: Key, line: int, size: int, texts: Texts) -> None:
        self.found, self.span, self.key, self.line, self.size, self.texts = found, span, key, line, size, texts

    def draft(self) -> Draft:
        started_at, span_key = self.span.get("startTimeUnixNano"), "-".join(self.key)
        exchange = telemetry.exchange(self.found, started_at, span_key, self.texts)
        found = self.found
        told = account_of(exchange["account_id"], org_id=telemetry.organisation(found), email=telemetry.email(found))
        return Draft(self.line, exchange, told, self.size)


class Joiner:
    """Brings the texts in log records to their spans, whichever comes first, within `most` entries and `most_bytes`.

    What leaves the buffer is the oldest: a span is given out as it is, log records without a span are counted.
    """

    def __init__(self, rejects: Rejects, most: int, most_bytes: int) -> None:
        self._rejects, self._most, self._most_bytes = rejects, most, most_bytes
        self._waiting: OrderedDict[Key, Waiting] = OrderedDict()
        self._early: OrderedDict[Key, tuple[Texts, int, int]] = OrderedDict()
        self._given: OrderedDict[Key, bool] = OrderedDict()
        self._held = 0

    def span(self, resource: Attributes, span: dict[str, Any], line: int, size: int) -> Iterator[Draft]:
        """Take a span in; yields it, or older ones that must leave the buffer."""
        found = resource | telemetry.attributes(span.get("attributes"))
        if not telemetry.is_exchange(found):
            self._rejects.note(OTHER_SPAN)
            return
        key = (str(span.get("traceId", "")).lower(), str(span.get("spanId", "")).lower())
        texts, logs, early_size = self._early.pop(key, (Texts(), 0, 0))
        self._held -= early_size
        own = telemetry.has_texts(found)
        for event in _listed(span.get("events")):
            if isinstance(event, dict):
                texts.add(str(event.get("name")), telemetry.attributes(event.get("attributes")), None)
        waiting = Waiting(found, span, key, line, size + early_size, texts)
        if own or (texts.said and not logs):
            if own and logs:
                self._rejects.note(REPEATED, logs)
            self._give(key, had_texts=True)
            yield waiting.draft()
            return
        if key in self._waiting:
            yield self._leave(key)
        self._waiting[key] = waiting
        self._held += waiting.size
        yield from self._shrink()

    def log(self, log: dict[str, Any], size: int) -> Iterator[Draft]:
        """Take a log record in; yields spans that must leave the buffer."""
        found = telemetry.attributes(log.get("attributes"))
        name = str(log.get("eventName") or found.get("event.name") or "")
        key = (str(log.get("traceId", "")).lower(), str(log.get("spanId", "")).lower())
        body = telemetry.decoded(log.get("body"))
        if key in self._waiting:
            waiting = self._waiting[key]
            if not waiting.texts.add(name, found, body):
                self._rejects.note(OTHER_LOG)
                return
            waiting.size += size
        else:
            texts, logs, held = self._early.get(key, (Texts(), 0, 0))
            if not texts.add(name, found, body):
                self._rejects.note(OTHER_LOG)
                return
            if key in self._given:
                self._rejects.note(REPEATED if self._given[key] else NO_SPAN)
                return
            self._early[key] = (texts, logs + 1, held + size)
        self._held += size
        yield from self._shrink()

    def rest(self) -> Iterator[Draft]:
        """The end of the file: everything leaves."""
        while self._waiting:
            yield self._leave(next(iter(self._waiting)))
        while self._early:
            self._drop()

    def _shrink(self) -> Iterator[Draft]:
        while self._held > self._most_bytes or len(self._waiting) + len(self._early) > self._most:
            # Log records are dropped only when no span can leave: a span that leaves loses nothing yet.
            if len(self._waiting) >= len(self._early):
                yield self._leave(next(iter(self._waiting)))
            else:
                self._drop()

    def _leave(self, key: Key) -> Draft:
        waiting = self._waiting.pop(key)
        self._held -= waiting.size
        self._give(key, had_texts=False)
        return waiting.draft()

    def _drop(self) -> None:
        _, (_, logs, size) = self._early.popitem(last=False)
        self._held -= size
        self._rejects.note(NO_SPAN, logs)

    def _give(self, key: Key, *, had_texts: bool) -> None:
        self._given[key] = had_texts
        if len(self._given) > REMEMBERED:
            self._given.popitem(last=False)


def _entries(
    export: dict[str, Any], outer: str, middle: str, inner: str
) -> Iterator[tuple[Attributes, dict[str, Any]]]:
    """Every span or log record of an export, with its resource's attributes."""
    for held in _listed(export.get(outer)):
        if not isinstance(held, dict):
            continue
        resource = telemetry.attributes(mapping(held.get("resource")).get("attributes"))
        for scope in _listed(held.get(middle)):
            entries = _listed(mapping(scope).get(inner))
            yield from ((resource, entry) for entry in entries if isinstance(entry, dict))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


READER = Otlp()
