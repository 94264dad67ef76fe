"""A snapshot as one signed file: policy, campaigns, verdicts, accounts and whatever recognises successors.

Layout: eight bytes of magic, the header's length (uint32, little-endian), the header (JSON), its Ed25519 signature, the
payload. The header holds the SHA-256 of the payload and where each array lies in it, so that the signature covers
everything and nothing of an unsigned file is read but its header's length. Arrays are little-endian.
"""

from __future__ import annotations

import secrets
import struct
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt
from nacl.exceptions import BadSignatureError

from hydrometer.contract import (
    SNAPSHOT_FORMAT,
    Policy,
    RecognitionThresholds,
    SnapshotCampaign,
    SnapshotContent,
    SnapshotEntity,
    SnapshotTemplate,
)
from hydrometer.enforcement.snapshots.subject_table import (
    AccountRow,
    SubjectTable,
    SubjectVerdict,
    build_subject_arrays,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nacl.signing import SigningKey, VerifyKey

MAGIC = b"HYDROSN1"
SIGNATURE = 64
MOST_HEADER = 1 << 20
METADATA = "told"
"""Name of the array of a snapshot's metadata in the file."""


class SnapshotRefusal(Exception):  # noqa: N818 -- it says what happened, as the log does
    """A snapshot by which no guard may decide; the message says why."""


class _SnapshotHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot file says of itself before its arrays."""

    format: int
    version: str
    created_at: float
    expires_at: float
    key: str
    """Hexadecimal; keys the index."""
    digest: str
    arrays: list[tuple[str, str, int]]
    """Name, type and length of each, in the order of the payload."""


class _SnapshotMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a snapshot that is no column."""

    policy: Policy
    campaigns: list[SnapshotCampaign]
    templates: list[SnapshotTemplate]
    entities: list[SnapshotEntity]
    population: int
    recognition: RecognitionThresholds
    sketch: dict[str, int]
    words: dict[str, list[str]]
    """By column, the words that its codes stand for."""


class Snapshot:
    """A snapshot as the guard reads it."""

    def __init__(
        self, header: _SnapshotHeader, metadata: _SnapshotMetadata, arrays: dict[str, npt.NDArray[Any]], size: int
    ) -> None:
        """Arrange the parts for look-ups; raises ValueError where the arrays do not fit together."""
        self.version, self.created_at, self.expires_at = header.version, header.created_at, header.expires_at
        self.policy, self.campaigns, self.templates = metadata.policy, metadata.campaigns, metadata.templates
        self.entities, self.population, self.recognition = metadata.entities, metadata.population, metadata.recognition
        self.sketch, self.bytes = metadata.sketch, size
        key = bytes.fromhex(header.key)
        campaigns = len(self.campaigns)
        self._accounts = SubjectTable(_select_arrays(arrays, "account"), metadata.words, key, campaigns)
        self._organisations = SubjectTable(_select_arrays(arrays, "organisation"), metadata.words, key, campaigns)
        if self._accounts.most_organisation >= self._organisations.size:
            raise ValueError("an account of no organisation")
        named = [*(template.campaign for template in self.templates), *(entity.campaign for entity in self.entities)]
        if any(not 0 <= campaign < campaigns for campaign in named):
            raise ValueError("a template or an entity of no campaign")

    @property
    def accounts(self) -> int:
        """The number of accounts in it."""
        return self._accounts.size

    @property
    def organisations(self) -> int:
        """The number of organisations in it."""
        return self._organisations.size

    def account(self, name: str) -> AccountRow | None:
        """Return the row of an account, None where there is none."""
        row = self._accounts.find(name)
        return self._accounts.account(row, self._organisations.name) if row >= 0 else None

    def organisation(self, name: str) -> SubjectVerdict | None:
        """Return the verdict on an organisation, None where there is none."""
        organisations = self._organisations
        row = organisations.find(name) if name and organisations.has_verdicts else -1
        return organisations.verdict(row) if row >= 0 else None


def pack_snapshot(verdicts: SnapshotContent, key: SigningKey) -> bytes:
    """Return the signed file of verdicts.

    Raises:
        ValueError: a verdict, template or entity names no campaign of the list, or more different values than 65,535 of
            a plan, country, verification or list of agreements.
    """
    secret = secrets.token_bytes(16)
    accounts, organisations, words = build_subject_arrays(verdicts, secret)
    metadata = _SnapshotMetadata(
        policy=verdicts.policy,
        campaigns=verdicts.campaigns,
        templates=verdicts.templates,
        entities=verdicts.entities,
        population=verdicts.population,
        recognition=verdicts.recognition,
        sketch=verdicts.sketch,
        words=words,
    )
    arrays: dict[str, npt.NDArray[Any]] = {
        **{f"account.{name}": array for name, array in accounts.items()},
        **{f"organisation.{name}": array for name, array in organisations.items()},
        METADATA: np.frombuffer(msgspec.json.encode(metadata), np.uint8),
    }
    entries, parts, at = [], [], 0
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        entries.append((name, array.dtype.newbyteorder("<").str, int(array.size)))
        gap = -at % 8
        parts += [b"\0" * gap, raw]
        at += gap + len(raw)
    payload = b"".join(parts)
    header = msgspec.json.encode(
        _SnapshotHeader(
            format=SNAPSHOT_FORMAT,
            version=verdicts.version,
            created_at=verdicts.created_at,
            expires_at=verdicts.expires_at,
            key=secret.hex(),
            digest=sha256(payload).hexdigest(),
            arrays=entries,
        )
    )
    # The payload begins at a multiple of eight, for its arrays to lie as processors like them.
    header += b" " * (-(len(MAGIC) + 4 + len(header) + SIGNATURE) % 8)
    if len(header) > MOST_HEADER:
        raise ValueError("a header of more than a megabyte")
    signature = key.sign(MAGIC + header).signature
    return b"".join((MAGIC, struct.pack("<I", len(header)), header, signature, payload))


def unpack_snapshot(data: bytes, keys: Sequence[VerifyKey]) -> Snapshot:
    """Return the snapshot of a signed file.

    Raises:
        SnapshotRefusal: it is none, is signed by none of `keys`, is damaged, or of another format.
    """
    start = len(MAGIC) + 4
    if len(data) < start or not data.startswith(MAGIC):
        raise SnapshotRefusal("it is no snapshot")
    (length,) = struct.unpack_from("<I", data, len(MAGIC))
    if length > MOST_HEADER or len(data) < start + length + SIGNATURE:
        raise SnapshotRefusal("it is cut off or damaged")
    header, signature = data[start : start + length], data[start + length : start + length + SIGNATURE]
    if not any(_is_signed_by(key, header, signature) for key in keys):
        raise SnapshotRefusal("it is signed by none of the keys that are trusted")
    payload = memoryview(data)[start + length + SIGNATURE :]
    try:
        head = msgspec.json.decode(header, type=_SnapshotHeader)
        if head.format != SNAPSHOT_FORMAT:
            raise SnapshotRefusal(f"it has format {head.format}; this guard reads format {SNAPSHOT_FORMAT}")
        if sha256(payload).hexdigest() != head.digest:
            raise SnapshotRefusal("its content is not what was signed")
        arrays = _read_arrays(head, payload)
        metadata = msgspec.json.decode(arrays.pop(METADATA).data, type=_SnapshotMetadata)
        return Snapshot(head, metadata, arrays, len(data))
    except (msgspec.DecodeError, ValueError, KeyError, TypeError) as error:
        raise SnapshotRefusal(f"it was signed but cannot be read: {error}") from None


def _is_signed_by(key: VerifyKey, header: bytes, signature: bytes) -> bool:
    try:
        key.verify(MAGIC + header, signature)
    except BadSignatureError:
        return False
    return True


def _read_arrays(head: _SnapshotHeader, payload: memoryview) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    at = 0
    for name, kind, length in head.arrays:
        at += -at % 8
        arrays[name] = np.frombuffer(payload, np.dtype(kind), length, at)
        at += arrays[name].nbytes
    return arrays


def _select_arrays(arrays: dict[str, npt.NDArray[Any]], name: str) -> dict[str, npt.NDArray[Any]]:
    prefix = f"{name}."
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
