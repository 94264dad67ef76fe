"""The answers of a TAXII server: resources, pages, the outcome of a request, and errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from hydrometer.sharing.taxii_objects import MEDIA_TYPE, stamped
from hydrometer.sharing.taxii_query import cursor

if TYPE_CHECKING:
    from hydrometer.sharing.taxii_store import Outcome, Page

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


class Fault(Exception):  # noqa: N818 - an answer, not a defect
    """The request ends with this status."""

    def __init__(self, status: int, description: str = "") -> None:
        super().__init__(description)
        self.status, self.description = status, description


def status_resource(identifier: str, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return the status resource; everything is done when it is answered, so nothing is pending."""
    resource: dict[str, Any] = {
        "id": identifier,
        "status": "complete",
        "request_timestamp": stamped(time.time_ns() // 1000),
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


def more_of(page: Page) -> bytes:
    """Return the members of an envelope that lead to the next page, as JSON; empty on the last."""
    return b'"more":true,"next":"' + cursor(page.rows[-1].added).encode() + b'"' if page.more else b""


def with_more(page: Page, resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource with what leads to the next page."""
    return {"more": True, "next": cursor(page.rows[-1].added), **resource} if page.more else resource


def answer(body: bytes | dict[str, Any], page: Page | None = None, status: int = 200) -> Response:
    """Return a resource, with the times between which what is on the page was added."""
    headers = {}
    if page is not None and page.rows:
        headers["X-TAXII-Date-Added-First"] = stamped(page.rows[0].added)
        headers["X-TAXII-Date-Added-Last"] = stamped(page.rows[-1].added)
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Response(content, status, headers | {"Content-Type": MEDIA_TYPE})


def error(status: int, description: str, more: Any = None) -> Response:
    """Return an error resource; `more` are further headers."""
    resource = {"title": TITLES.get(status, "Not possible"), "http_status": str(status)}
    if description:
        resource["description"] = description
    headers = {"Content-Type": MEDIA_TYPE, **(more or {})}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="taxii", Basic realm="taxii"'
    return Response(orjson.dumps(resource), status, headers)
