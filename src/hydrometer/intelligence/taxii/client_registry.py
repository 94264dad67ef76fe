"""Who may speak with a TAXII server: names, digests of tokens, and rights by collection.

Tokens are 32 random bytes, made here and never chosen by people. So one SHA-256 keeps them: nobody can try 2^256 tokens, and a slow
digest, as passwords need, would only make every request slow.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import InputError
from hydrometer.files import read_secret, write_secret
from hydrometer.intelligence.exchange.party_names import check_party_name

if TYPE_CHECKING:
    from pathlib import Path


class RegisteredClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody with a token."""

    name: str
    token_sha256: str
    """Hexadecimal."""
    read: tuple[str, ...] = ()
    """Ids of collections."""
    write: tuple[str, ...] = ()


class ClientRegistry:
    """The clients in a file that only its owner may read; a change of the file counts at the next request."""

    def __init__(self, path: Path) -> None:
        """Raise InputError when the file is there and unusable."""
        self._path = path
        self._file_version: tuple[int, ...] = ()
        self._by_digest: dict[str, RegisteredClient] = {}
        if path.exists():
            self._load_current()

    def authenticate(self, authorization: str | None) -> RegisteredClient | None:
        """Return the client whose token an `Authorization` header carries: `Bearer TOKEN`, or `Basic` with its name.

        Raises:
            InputError: the file has become unusable.
        """
        scheme, _, rest = (authorization or "").partition(" ")
        token, name = rest.strip(), None
        if scheme.lower() == "basic":
            try:
                name, _, token = base64.b64decode(token, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
        elif scheme.lower() != "bearer":
            return None
        digest = _digest_token(token)
        client = self._load_current().get(digest)
        if client is None or (name is not None and not hmac.compare_digest(name.encode(), client.name.encode())):
            return None
        return client

    def list_clients(self) -> list[RegisteredClient]:
        """Return all clients, by name; raises InputError."""
        return sorted(self._load_current().values(), key=lambda client: client.name) if self._path.exists() else []

    def grant(self, name: str, *, read: tuple[str, ...], write: tuple[str, ...]) -> str:
        """Give a client these rights and a new token in the place of any former ones; return the token.

        Raises:
            InputError: the name is unusable, or the file.
        """
        check_party_name(name, "name for a client")
        token = secrets.token_urlsafe(32)
        others = [client for client in self.list_clients() if client.name != name]
        self._write([*others, RegisteredClient(name=name, token_sha256=_digest_token(token), read=read, write=write)])
        return token

    def withdraw(self, name: str) -> None:
        """Forget a client; raises InputError when there is none of this name."""
        every = self.list_clients()
        if name not in {client.name for client in every}:
            raise InputError(f"no client {name}", file=str(self._path), mend="Name one of the clients there.")
        self._write([client for client in every if client.name != name])

    def _write(self, every: list[RegisteredClient]) -> None:
        text = msgspec.json.format(msgspec.json.encode(sorted(every, key=lambda client: client.name)))
        write_secret(self._path, text, "the list of clients")

    def _load_current(self) -> dict[str, RegisteredClient]:
        try:
            status = self._path.stat()
        except OSError as error:
            raise InputError(
                f"cannot read the list of clients: {error.strerror}",
                file=str(self._path),
                mend="Grant somebody access.",
            ) from None
        file_version = (status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode)
        if file_version != self._file_version:
            content = read_secret(self._path, "the list of clients")
            try:
                every = msgspec.json.decode(content, type=list[RegisteredClient])
            except msgspec.DecodeError as error:
                raise InputError(
                    f"no list of clients: {error}", file=str(self._path), mend="Write it with `hydrometer taxii grant`."
                ) from None
            self._by_digest, self._file_version = {client.token_sha256: client for client in every}, file_version
        return self._by_digest


def _digest_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
