"""Which media types a TAXII 2.1 server speaks: RFC 9110 on the two headers that tell."""

from __future__ import annotations

TYPE, VERSION = "application/taxii+json", "2.1"
MEDIA_TYPE = f"{TYPE};version={VERSION}"
_RANGES = frozenset({TYPE, "application/*", "*/*"})


def accepts_media(header: str | None, media: str = TYPE) -> bool:
    """Tell whether an `Accept` header lets this media type be sent; no header lets everything.

    The most particular range that fits decides (RFC 9110, 12.5.1), so `*/*, application/taxii+json;q=0` does not. A
    `version` other than 2.1 does not fit.
    """
    if header is None:
        return True
    best = (-1, False)
    for part in header.split(","):
        kind, parameters = _parse_media_type(part)
        if kind != media and kind not in _RANGES - {TYPE}:
            continue
        version = parameters.pop("version", None)
        if version is not None and (kind != media or version != VERSION):
            continue
        try:
            weight = float(parameters.get("q", "1"))
        except ValueError:
            continue
        rank = 3 if version else {media: 2, "application/*": 1}.get(kind, 0)
        best = max(best, (rank, weight > 0))
    return best[1]


def is_taxii(header: str | None) -> bool:
    """Tell whether a `Content-Type` says TAXII 2.1; without a version it is the newest."""
    if header is None:
        return False
    kind, parameters = _parse_media_type(header)
    return kind == TYPE and parameters.get("version", VERSION) == VERSION


def _parse_media_type(text: str) -> tuple[str, dict[str, str]]:
    kind, *rest = text.split(";")
    pairs = (item.partition("=") for item in rest)
    return kind.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
