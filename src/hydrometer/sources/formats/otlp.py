"""OTLP in JSON: exports of traces and of logs, whose texts join their spans."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from hydrometer.sources import otel_attributes
from hydrometer.sources.chat_messages import parse_object
from hydrometer.sources.format_reader import RawExchange, make_account_facts
from hydrometer.sources.otel_attributes import Attributes, CallTexts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract import ReadSettings
    from hydrometer.sources.record_readers import RawRecord
    from hydrometer.sources.rejects import Rejects

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

    def read(self, records: Iterable[RawRecord], rejects: Rejects, settings: ReadSettings) -> Iterator[RawExchange]:
        joiner = SpanJoiner(rejects, settings.batch_rows, settings.batch_bytes)
        for line, export, size in records:
            spans = list(_iterate_entries(export, "resourceSpans", "scopeSpans", "spans"))
            logs = list(_iterate_entries(export, "resourceLogs", "scopeLogs", "logRecords"))
            share = size // max(1, len(spans) + len(logs))
            for resource, span in spans:
                yield from joiner.add_span(resource, span, line, share)
            for _, log in logs:
                yield from joiner.add_log(log, share)
        yield from joiner.drain()


class WaitingSpan:
    """A span without texts, until its log records came."""

    __slots__ = ("attributes", "key", "line", "size", "span", "texts")

    def __init__(
        self, attributes: Attributes, span: dict[str, Any], key: Key, line: int, size: int, texts: CallTexts
    ) -> None:
        self.attributes, self.span, self.key, self.line, self.size, self.texts = (
            attributes,
            span,
            key,
            line,
            size,
            texts,
        )

    def make_raw_exchange(self) -> RawExchange:
        started_at, span_key = self.span.get("startTimeUnixNano"), "-".join(self.key)
        exchange = otel_attributes.make_exchange(self.attributes, started_at, span_key, self.texts)
        attributes = self.attributes
        account_facts = make_account_facts(
            exchange["account_id"],
            org_id=otel_attributes.find_org_id(attributes),
            email=otel_attributes.find_email(attributes),
        )
        return RawExchange(self.line, exchange, account_facts, self.size)


class SpanJoiner:
    """Brings the texts in log records to their spans, whichever comes first, within `most` entries and `most_bytes`.

    What leaves the buffer is the oldest: a span is given out as it is, log records without a span are counted.
    """

    def __init__(self, rejects: Rejects, most: int, most_bytes: int) -> None:
        self._rejects, self._most, self._most_bytes = rejects, most, most_bytes
        self._waiting: OrderedDict[Key, WaitingSpan] = OrderedDict()
        self._early_logs: OrderedDict[Key, tuple[CallTexts, int, int]] = OrderedDict()
        self._released: OrderedDict[Key, bool] = OrderedDict()
        self._buffered_bytes = 0

    def add_span(self, resource: Attributes, span: dict[str, Any], line: int, size: int) -> Iterator[RawExchange]:
        """Take a span in; yields it, or older ones that must leave the buffer."""
        attributes = resource | otel_attributes.decode_attributes(span.get("attributes"))
        if not otel_attributes.is_model_call(attributes):
            self._rejects.note(OTHER_SPAN)
            return
        key = (str(span.get("traceId", "")).lower(), str(span.get("spanId", "")).lower())
        texts, logs, early_size = self._early_logs.pop(key, (CallTexts(), 0, 0))
        self._buffered_bytes -= early_size
        has_own_texts = otel_attributes.has_request_texts(attributes)
        for event in _convert_to_list(span.get("events")):
            if isinstance(event, dict):
                texts.add(str(event.get("name")), otel_attributes.decode_attributes(event.get("attributes")), None)
        waiting = WaitingSpan(attributes, span, key, line, size + early_size, texts)
        if has_own_texts or (texts.has_request and not logs):
            if has_own_texts and logs:
                self._rejects.note(REPEATED, logs)
            self._remember_released(key, had_texts=True)
            yield waiting.make_raw_exchange()
            return
        if key in self._waiting:
            yield self._release_span(key)
        self._waiting[key] = waiting
        self._buffered_bytes += waiting.size
        yield from self._shrink()

    def add_log(self, log: dict[str, Any], size: int) -> Iterator[RawExchange]:
        """Take a log record in; yields spans that must leave the buffer."""
        attributes = otel_attributes.decode_attributes(log.get("attributes"))
        name = str(log.get("eventName") or attributes.get("event.name") or "")
        key = (str(log.get("traceId", "")).lower(), str(log.get("spanId", "")).lower())
        body = otel_attributes.decode_value(log.get("body"))
        if key in self._waiting:
            waiting = self._waiting[key]
            if not waiting.texts.add(name, attributes, body):
                self._rejects.note(OTHER_LOG)
                return
            waiting.size += size
        else:
            texts, logs, early_size = self._early_logs.get(key, (CallTexts(), 0, 0))
            if not texts.add(name, attributes, body):
                self._rejects.note(OTHER_LOG)
                return
            if key in self._released:
                self._rejects.note(REPEATED if self._released[key] else NO_SPAN)
                return
            self._early_logs[key] = (texts, logs + 1, early_size + size)
        self._buffered_bytes += size
        yield from self._shrink()

    def drain(self) -> Iterator[RawExchange]:
        """Yield everything that is left at the end of the file."""
        while self._waiting:
            yield self._release_span(next(iter(self._waiting)))
        while self._early_logs:
            self._drop_oldest_logs()

    def _shrink(self) -> Iterator[RawExchange]:
        while self._buffered_bytes > self._most_bytes or len(self._waiting) + len(self._early_logs) > self._most:
            # Log records are dropped only when no span can leave: a span that leaves loses nothing yet.
            if len(self._waiting) >= len(self._early_logs):
                yield self._release_span(next(iter(self._waiting)))
            else:
                self._drop_oldest_logs()

    def _release_span(self, key: Key) -> RawExchange:
        waiting = self._waiting.pop(key)
        self._buffered_bytes -= waiting.size
        self._remember_released(key, had_texts=False)
        return waiting.make_raw_exchange()

    def _drop_oldest_logs(self) -> None:
        _, (_, logs, size) = self._early_logs.popitem(last=False)
        self._buffered_bytes -= size
        self._rejects.note(NO_SPAN, logs)

    def _remember_released(self, key: Key, *, had_texts: bool) -> None:
        self._released[key] = had_texts
        if len(self._released) > REMEMBERED:
            self._released.popitem(last=False)


def _iterate_entries(
    export: dict[str, Any], outer: str, middle: str, inner: str
) -> Iterator[tuple[Attributes, dict[str, Any]]]:
    """Yield every span or log record of an export, with its resource's attributes."""
    for resource_group in _convert_to_list(export.get(outer)):
        if not isinstance(resource_group, dict):
            continue
        resource = otel_attributes.decode_attributes(parse_object(resource_group.get("resource")).get("attributes"))
        for scope in _convert_to_list(resource_group.get(middle)):
            entries = _convert_to_list(parse_object(scope).get(inner))
            yield from ((resource, entry) for entry in entries if isinstance(entry, dict))


def _convert_to_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


READER = Otlp()
