"""A TAXII 2.1 client: pulls new objects into a folder of bundles, and posts bundles.

The other side is a stranger's program: answers are bounded, redirections are not followed, the token goes to one host
only, and never in the clear but on this machine.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Self, TypeVar

import httpx
import msgspec
import orjson

from hydrometer.contract import InputError
from hydrometer.files import BodyTooLargeError, BoundedBody, TransientError, is_loopback, retry_transient
from hydrometer.intelligence.taxii.media_types import MEDIA_TYPE, is_taxii
from hydrometer.intelligence.taxii.resources import (
    ApiRoot,
    CollectionList,
    ObjectEnvelope,
    PulledPage,
    RemoteCollection,
    RequestStatus,
    ServerDiscovery,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

TRIES = 5
"""Times that a request is sent before it is given up."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between tries: doubled each time, or as the server asks, never longer."""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others a moment later."""
LARGEST_ANSWER = 64 << 20
"""Bytes of an answer."""
MOST_PAGES = 100_000
POLLS = 60
"""Times that the status of a request is asked for before it is given up."""
SECONDS = 60.0
"""Time for each read, write or connection."""
_T = TypeVar("_T")


class TaxiiClient:
    """Speaks with one API root."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        user: str | None = None,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` is an API root, or a discovery that ends with /taxii2/; with `user` the token goes as a password.

        Raises:
            InputError: the address is unusable, or would carry the token in the clear to another machine.
        """
        try:
            self._root = httpx.URL(url if url.endswith("/") else f"{url}/")
        except httpx.InvalidURL as error:
            raise InputError(f"no address: {error}", mend="Give an address such as https://host/api/.") from None
        if self._root.scheme not in ("http", "https") or not self._root.host or self._root.userinfo:
            raise InputError(f"no address of a server: {url}", mend="Give an address such as https://host/api/.")
        if self._root.scheme == "http" and not is_loopback(self._root.host):
            raise InputError(f"{url} would carry the token in the clear", mend="Give an address with https.")
        try:
            token.encode("ascii")
        except UnicodeEncodeError:
            raise InputError("the token is not ASCII", mend="Give the token as it was granted.") from None
        self._pause = pause
        self._http = httpx.Client(
            transport=transport,
            timeout=SECONDS,
            follow_redirects=False,
            trust_env=False,
            headers={
                "Accept": MEDIA_TYPE,
                "Accept-Encoding": "identity",  # so that the bound on an answer is a bound on memory
                **({} if user else {"Authorization": f"Bearer {token}"}),
            },
            auth=httpx.BasicAuth(user, token) if user else None,
        )
        self.retried = 0
        """Requests that were sent again."""

    @property
    def root(self) -> httpx.URL:
        """The address of the API root."""
        return self._root

    def __enter__(self) -> Self:
        if self._root.path.endswith("/taxii2/"):
            discovery = _decode_resource(self._send_request("GET", self._root)[1], ServerDiscovery)
            root = discovery.default or next(iter(discovery.api_roots), None)
            if root is None:
                raise InputError(f"{self._root} tells no API root", mend="Ask its operator for the address of one.")
            url = self._root.join(root if root.endswith("/") else f"{root}/")
            if (url.scheme, url.host, url.port) != (self._root.scheme, self._root.host, self._root.port):
                raise InputError(
                    f"{self._root} leads to another host: {url}", mend="Give that address if you trust it."
                )
            self._root = url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def collections(self) -> list[RemoteCollection]:
        """Return the collections that this client may use; raises InputError."""
        return _decode_resource(
            self._send_request("GET", self._root.join("collections/"))[1], CollectionList
        ).collections

    def pull(self, collection: str, added_after: str | None = None, limit: int | None = None) -> Iterator[PulledPage]:
        """Yield the pages of what was added after a time, oldest first.

        Raises:
            InputError: the server cannot be reached, refuses, or answers what cannot be: also after some pages.
        """
        first = {"added_after": added_after} if added_after else {}
        if limit is not None:
            first["limit"] = str(limit)
        cursors: set[str] = set()
        parameters = first
        for _ in range(MOST_PAGES):
            headers, body = self._send_request("GET", self._locate_objects(collection), params=parameters)
            page = _decode_resource(body, ObjectEnvelope)
            yield PulledPage([bytes(one) for one in page.objects], headers.get("X-TAXII-Date-Added-Last"))
            if not page.more:
                return
            if not page.next or page.next in cursors:
                raise _make_protocol_error(self._root, "says that there is more, and not where")
            cursors.add(page.next)
            parameters = {**first, "next": page.next}
        raise _make_protocol_error(self._root, f"has more than {MOST_PAGES:,} pages")

    def push(self, collection: str, objects: list[bytes]) -> list[RequestStatus]:
        """Post objects (JSON each), in as many requests as the server's bound on bodies needs; wait until all are looked at.

        Raises:
            InputError: the server cannot be reached, refuses, or does not come to an end; or an object is larger than it
            takes. What was posted before stays there, and can be posted again without harm.
        """
        most = _decode_resource(self._send_request("GET", self._root)[1], ApiRoot).max_content_length
        return [self._post_objects(collection, part) for part in _split_objects(objects, most)]

    def _post_objects(self, collection: str, objects: list[bytes]) -> RequestStatus:
        content = b'{"objects":[' + b",".join(objects) + b"]}"
        status = _decode_resource(
            self._send_request("POST", self._locate_objects(collection), content=content)[1], RequestStatus
        )
        for _ in range(POLLS):
            if status.status == "complete":
                return status
            self._pause(FIRST_PAUSE)
            if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", status.id, re.ASCII):
                raise _make_protocol_error(self._root, "names a request by what is no id")
            status = _decode_resource(
                self._send_request("GET", self._root.join(f"status/{status.id}/"))[1], RequestStatus
            )
        raise InputError(
            f"{self._root} has not looked at all objects yet: request {status.id}",
            mend="Push again later: nothing doubles.",
        )

    def _locate_objects(self, collection: str) -> httpx.URL:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", collection, re.ASCII):
            raise InputError(f"no collection: {collection!r}", mend="Give a collection's id or alias.")
        return self._root.join(f"collections/{collection}/objects/")

    def _send_request(
        self, method: str, url: httpx.URL, params: dict[str, str] | None = None, content: bytes | None = None
    ) -> tuple[httpx.Headers, bytes]:
        """Send a request until an answer says what it is; raises InputError."""

        def send_once() -> tuple[httpx.Headers, bytes]:
            kind = {"Content-Type": MEDIA_TYPE} if content is not None else {}
            try:
                with self._http.stream(method, url, params=params, content=content, headers=kind) as answer:
                    body = _read_bounded(answer, url)
            except httpx.TransportError as error:
                raise TransientError(f"cannot be reached: {error}") from None
            except (httpx.DecodingError, httpx.InvalidURL, httpx.CookieConflict) as error:
                raise _make_protocol_error(url, str(error)) from None
            if answer.status_code in PASSING:
                raise TransientError(
                    f"answers {answer.status_code}{_describe_error(body)}", pause=_read_retry_after(answer)
                )
            return answer.headers, _require_success(answer, body, url)

        try:
            return retry_transient(
                send_once,
                tries=TRIES,
                first_pause=FIRST_PAUSE,
                longest_pause=LONGEST_PAUSE,
                sleep=self._pause_before_retry,
            )
        except TransientError as error:
            raise InputError(f"{url} {error.problem}", mend=f"It was tried {TRIES} times; try again later.") from None

    def _pause_before_retry(self, seconds: float) -> None:
        self.retried += 1
        self._pause(seconds)


def _read_retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds that a server asks to wait; None where it says none."""
    seconds = answer.headers.get("Retry-After", "")
    return float(seconds) if seconds.isascii() and seconds.isdigit() else None


def _read_bounded(answer: httpx.Response, url: httpx.URL) -> bytes:
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _make_protocol_error(url, "answers compressed, which it was not asked for")
    body = BoundedBody(LARGEST_ANSWER)
    try:
        for chunk in answer.iter_bytes():
            body.add(chunk)
    except BodyTooLargeError as error:
        raise _make_protocol_error(url, f"answers with {error}") from None
    return body.content


def _require_success(answer: httpx.Response, body: bytes, url: httpx.URL) -> bytes:
    if answer.is_success:
        if not is_taxii(answer.headers.get("Content-Type")):
            raise _make_protocol_error(url, "does not answer with TAXII 2.1")
        return body
    mends = {
        401: "Ask its operator for a token.",
        403: "Ask its operator for the right to it.",
        404: "Look at `hydrometer taxii collections`.",
    }
    if answer.is_redirect:
        raise InputError(f"{url} leads elsewhere", mend="Give the address that it leads to, if you trust it.")
    raise InputError(
        f"{url} answers {answer.status_code}{_describe_error(body)}",
        mend=mends.get(answer.status_code, "Ask its operator."),
    )


def _describe_error(body: bytes) -> str:
    """Return what an error resource says, cut short."""
    try:
        resource = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(resource, dict):
        return ""
    parts = [resource[name][:200] for name in ("title", "description") if isinstance(resource.get(name), str)]
    return f": {': '.join(parts)}" if parts else ""


def _decode_resource(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise InputError(f"the server's answer is not TAXII 2.1: {error}", mend="Ask its operator.") from None


def _split_objects(objects: list[bytes], most: int) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = around = len(b'{"objects":[]}')
    for one in objects:
        if around + len(one) > most:
            raise InputError(f"an object of {len(one):,} bytes is larger than the server takes", mend="Leave it out.")
        if (part and size + len(one) + 1 > most) or len(part) == 1_000:
            yield part
            part, size = [], around
        part.append(one)
        size += len(one) + 1
    if part:
        yield part


def _make_protocol_error(url: httpx.URL, what: str) -> InputError:
    return InputError(f"{url} {what}", mend="Ask its operator.")
