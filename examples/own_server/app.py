"""An own server of models with the guard before it: `uvicorn app:app`.

Takes HYDROMETER_SNAPSHOT, HYDROMETER_PUBLIC_KEY and HYDROMETER_SITE_KEY from the environment.
"""

from __future__ import annotations

import json
import os
from typing import Any

import hydrometer as hy

ACCOUNTS = {"sk-example": "acct-1"}
"""Whose key is whose; an own server knows that better than a header."""


def identify(scope: Any) -> hy.ClientIdentity:
    """Return who asks."""
    headers = dict(scope["headers"])
    key = headers.get(b"authorization", b"").removeprefix(b"Bearer ").decode("latin-1")
    return hy.ClientIdentity(account_id=ACCOUNTS.get(key, ""), client_ip=scope["client"][0])


async def model(_scope: Any, receive: Any, send: Any) -> None:
    """Answer as a model would."""
    asked = json.loads((await receive())["body"])
    answer = json.dumps({"model": asked["model"], "choices": [{"message": {"role": "assistant", "content": "Hello"}}]})
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer.encode()})


guard = hy.Guard(
    os.environ["HYDROMETER_SNAPSHOT"],
    os.environ["HYDROMETER_PUBLIC_KEY"],
    site_key=os.environ.get("HYDROMETER_SITE_KEY"),
)
app = guard.protect(model, identify=identify)
