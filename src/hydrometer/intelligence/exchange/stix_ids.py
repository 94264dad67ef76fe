"""Names that this project gives to STIX: its extension, and ids that follow from what they name.

The same statement has the same id whoever reads or writes it again, so that importing twice changes nothing.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

NAMESPACE = uuid.UUID("8a0d5c0e-5f1b-5f4e-9a57-0b0a7a3f6c11")
"""Of all ids made here (RFC 9562, version 5)."""
EXTENSION = "extension-definition--6d2c4a94-1f5e-4c3b-8a0e-9b7f3d2e5a71"
"""What actors, indicators and relationships say beyond STIX, and the object that holds a template's sketch."""
PROJECT = "identity--2b8f8d3c-7a64-4a15-9c0d-5e1f6a7b8c92"
TEMPLATE = "x-hydrometer-template"
_MADE = "2026-11-23T00:00:00.000Z"
ID = r"[a-z][a-z0-9-]{0,249}--[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
"""Pattern of a STIX identifier."""
_ID = re.compile(ID)


def make_id(kind: str, *of: object) -> str:
    """Return the id of an object of type `kind` that `of` sets apart from others (texts and numbers)."""
    return f"{kind}--{uuid.uuid5(NAMESPACE, json.dumps([kind, *of], ensure_ascii=True, separators=(',', ':')))}"


def is_id(text: object, kind: str | None = None) -> bool:
    """Tell whether a text is a STIX identifier, and of an object of type `kind` if that is given."""
    if not isinstance(text, str) or _ID.fullmatch(text) is None:
        return False
    return kind is None or text.startswith(f"{kind}--")


def define_extension() -> list[dict[str, Any]]:
    """Return the extension definition and the identity that made it."""
    return [
        {
            "type": "identity",
            "spec_version": "2.1",
            "id": PROJECT,
            "created": _MADE,
            "modified": _MADE,
            "name": "Hydrometer project",
            "identity_class": "organization",
        },
        {
            "type": "extension-definition",
            "spec_version": "2.1",
            "id": EXTENSION,
            "created_by_ref": PROJECT,
            "created": _MADE,
            "modified": _MADE,
            "name": "Harvesting campaigns against language models",
            "description": "Roles, products, releases and working hours of actors; what an indicator and an attribution "
            "tell of; keyed sketches of shared wordings.",
            "schema": "https://github.com/hydrometer/hydrometer/blob/main/docs/sharing.md",
            "version": "1.0.0",
            "extension_types": ["property-extension", "new-sco"],
        },
    ]
