"""A TAXII server with two collections and three clients, and objects to put there."""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from hydrometer.intelligence.taxii.client_registry import ClientRegistry
from hydrometer.intelligence.taxii.offered_objects import MEDIA_TYPE
from hydrometer.intelligence.taxii.taxii_server import MOST_BYTES, TaxiiServer
from hydrometer.intelligence.taxii.taxii_store import TaxiiCollection, TaxiiStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.applications import Starlette

NAMES = uuid.UUID("6e5cf5a5-7c25-4bb5-8b6c-1b3c0cbf4a11")


@dataclass
class Site:
    """A server's parts."""

    folder: Path
    app: Starlette
    store: TaxiiStore
    clients: ClientRegistry
    shared: TaxiiCollection
    """Ours writes, theirs reads and writes."""
    closed: TaxiiCollection
    """Only ours."""
    tokens: dict[str, str]


def site(folder: Path, most_bytes: int = MOST_BYTES) -> Site:
    """Make a server in `folder`, or open it again with new tokens."""
    store, clients = TaxiiStore(folder / "taxii.sqlite"), ClientRegistry(folder / "clients.json")
    found = {one.alias: one for one in store.collections()}
    shared = found.get("shared") or store.add_collection("shared", "Shared with partners", "Indicators")
    closed = found.get("closed") or store.add_collection("closed", "Ours")
    both = (shared.id, closed.id)
    tokens = {
        "ours": clients.grant("ours", read=both, write=both),
        "theirs": clients.grant("theirs", read=(shared.id,), write=(shared.id,)),
        "reader": clients.grant("reader", read=(shared.id,), write=()),
        "writer": clients.grant("writer", read=(), write=(shared.id,)),
    }
    app = TaxiiServer(store, clients, "A test", most_bytes).app()
    return Site(folder, app, store, clients, shared, closed, tokens)


def headers(token: str) -> dict[str, str]:
    """What a client of 2.1 sends."""
    return {"Authorization": f"Bearer {token}", "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}


def indicator(name: str, modified: str = "2026-02-01T00:00:00.000Z", **more: Any) -> dict[str, Any]:
    """An indicator whose id comes of its name."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid5(NAMES, name)}",
        "created": "2026-02-01T00:00:00.000Z",
        "modified": modified,
        "name": name,
        "pattern": "[ipv4-addr:value = '198.51.100.7']",
        "pattern_type": "stix",
        "valid_from": "2026-02-01T00:00:00Z",
        **more,
    }


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Serve an application on the loopback; yields its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with config.bind_socket() as socket:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Speaker:
    """A client without comfort, over the application itself."""

    def __init__(self, app: Starlette, token: str) -> None:
        from starlette.testclient import TestClient

        self.http = TestClient(app, headers=headers(token), raise_server_exceptions=True)

    def get(self, path: str, **params: Any) -> Any:
        """GET with filters."""
        named = {k if k in ("added_after", "limit", "next") else f"match[{k}]": v for k, v in params.items()}
        return self.http.get(path, params=named)

    def post(self, path: str, *things: Any) -> Any:
        """POST an envelope."""
        return self.http.post(path, json={"objects": list(things)})
