"""The answers of a TAXII server: resources, pages, the outcome of a request, and errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from hydrometer.intelligence.taxii.media_types import MEDIA_TYPE
from hydrometer.intelligence.taxii.object_query import encode_cursor
from hydrometer.intelligence.taxii.offered_objects import format_microseconds

if TYPE_CHECKING:
    from hydrometer.intelligence.taxii.taxii_store import ObjectOutcome, VersionPage

TITLES = {
    400: "The request is not understood",
    401: "No known token",
    403: "Not allowed",
    404: "Not there, or not for this client",
    405: "No such method here",
    406: "No acceptable media type",
    408: "The body took too long",
    413: "The body is too large",
    415: "Not the media type of TAXII 2.1",
    422: "The objects cannot be processed",
    503: "Out of service",
}


class TaxiiRefusal(Exception):  # noqa: N818 - an answer, not a defect
    """The request ends with this status."""

    def __init__(self, status: int, description: str = "") -> None:
        super().__init__(description)
        self.status, self.description = status, description


def build_status(identifier: str, outcomes: list[ObjectOutcome]) -> dict[str, Any]:
    """Return the status resource; everything is done when it is answered, so nothing is pending."""
    resource: dict[str, Any] = {
        "id": identifier,
        "status": "complete",
        "request_timestamp": format_microseconds(time.time_ns() // 1000),
        "total_count": len(outcomes),
        "success_count": sum(one.success for one in outcomes),
        "failure_count": sum(not one.success for one in outcomes),
        "pending_count": 0,
    }
    for name, wanted in (("successes", True), ("failures", False)):
        details = [
            {"id": one.id, "version": one.version} | ({"message": one.message} if one.message else {})
            for one in outcomes
            if one.success is wanted
        ]
        if details:
            resource[name] = details
    return resource


def encode_next_page(page: VersionPage) -> bytes:
    """Return the members of an envelope that lead to the next page, as JSON; empty on the last."""
    return b'"more":true,"next":"' + encode_cursor(page.rows[-1].added).encode() + b'"' if page.more else b""


def add_next_page(page: VersionPage, resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource with what leads to the next page."""
    return {"more": True, "next": encode_cursor(page.rows[-1].added), **resource} if page.more else resource


def make_response(body: bytes | dict[str, Any], page: VersionPage | None = None, status: int = 200) -> Response:
    """Return a resource, with the times between which what is on the page was added."""
    headers = {}
    if page is not None and page.rows:
        headers["X-TAXII-Date-Added-First"] = format_microseconds(page.rows[0].added)
        headers["X-TAXII-Date-Added-Last"] = format_microseconds(page.rows[-1].added)
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Response(content, status, headers | {"Content-Type": MEDIA_TYPE})


def make_error_response(status: int, description: str, more: Any = None) -> Response:
    """Return an error resource; `more` are further headers."""
    resource = {"title": TITLES.get(status, "Not possible"), "http_status": str(status)}
    if description:
        resource["description"] = description
    headers = {"Content-Type": MEDIA_TYPE, **(more or {})}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="taxii", Basic realm="taxii"'
    return Response(orjson.dumps(resource), status, headers)
