"""Collections of another TAXII server: pulled into a folder of bundles, and bundles pushed to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydrometer.contract import InputError
from hydrometer.files import read_bytes, read_secret, require_extra
from hydrometer.intelligence.exchange.bundle_files import pack_bundle, unpack_bundle
from hydrometer.intelligence.taxii.inbox import BundleInbox

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.intelligence.taxii.taxii_client import TaxiiClient


@dataclass(frozen=True)
class PullSummary:
    """What was pulled."""

    objects: int
    bundles: list[Path]
    retried: int
    resumable: bool
    """Whether the server says how far it came; if not, the next pull begins again."""


@dataclass
class PushSummary:
    """What became of what was pushed."""

    total: int = 0
    added: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)


def read_token(file: Path) -> str:
    """Read a token from a file that only its owner may read; raises InputError."""
    text = read_secret(file, "the token").decode("utf-8", "replace").strip()
    if not text or not text.isprintable():
        raise InputError("no token", file=str(file), mend="Put the token there, and nothing else.")
    return text


def make_taxii_client(url: str, token_file: Path, user: str | None) -> TaxiiClient:
    """Make a client of another server; raises InputError."""
    with require_extra("serve", "a TAXII client"):
        from hydrometer.intelligence.taxii.taxii_client import TaxiiClient  # late: an extra
    return TaxiiClient(url, read_token(token_file), user=user)


def pull_collection(taxii_client: TaxiiClient, collection: str, out: Path, page: int | None = None) -> PullSummary:
    """Write what is new in a collection into a folder, a bundle a page, and remember how far it came.

    Raises:
        InputError: the server or the folder is unusable; pages that came before stay, and the next pull begins after them.
    """
    inbox = BundleInbox(out)
    objects, resumable = 0, True
    bundles: list[Path] = []
    with taxii_client:
        root = str(taxii_client.root)
        for one in taxii_client.pull(collection, inbox.added_after(root, collection), page):
            if one.objects:
                bundles.append(inbox.save_page(root, collection, pack_bundle(one.objects), one.added_last))
                objects += len(one.objects)
                resumable = resumable and one.added_last is not None
    return PullSummary(objects, bundles, taxii_client.retried, resumable)


def push_bundle(taxii_client: TaxiiClient, collection: str, file: Path) -> PushSummary:
    """Post a bundle's objects; raises InputError."""
    objects = unpack_bundle(read_bytes(file, mend="Give a STIX bundle."), str(file))
    summary = PushSummary()
    with taxii_client:
        for status in taxii_client.push(collection, objects):
            summary.total += status.total_count
            summary.added += status.success_count
            summary.failures += status.failures
    return summary
