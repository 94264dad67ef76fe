"""A campaign on its way to partners: the result read, its templates sketched under the sharing key, a policy applied."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from hydrometer.contract import INDICATORS, TEMPLATES, FingerprintSettings, InputError, TemplateSketch
from hydrometer.files import replace_file
from hydrometer.fingerprint import Fingerprinter, SiteKey, view_text_arrays
from hydrometer.intelligence.exchange.dossier_files import read_dossiers
from hydrometer.intelligence.exchange.redaction_policy import DIGEST_ONLY, read_redaction_policy
from hydrometer.intelligence.exchange.release_builder import make_release
from hydrometer.intelligence.exchange.release_format import find_formats
from hydrometer.intelligence.exchange.release_material import (
    find_campaign,
    gather_material,
    read_fingerprint_settings,
)
from hydrometer.intelligence.exchange.sharing_key import SharingKey
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract import Campaign, Tlp
    from hydrometer.intelligence.exchange.campaign_release import CampaignRelease


@dataclass(frozen=True, slots=True)
class EncodedRelease:
    """What leaves, as bytes in its format, and the account of it."""

    content: bytes
    leaves: dict[str, int]
    """How many indicators leave, by kind."""
    sightings: int
    withheld: dict[str, int]
    """What does not, by reason."""
    lost: str
    """What of the release the format does not hold."""


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """Which campaign is to leave, for whom, and under which policy."""

    result: Path
    campaign: str
    tlp: Tlp
    """Who may see it."""
    policy: Path | None = None
    """A file; None for the defaults."""
    sharing_key: Path | None = None
    """The key that partners share; without it no digest and no sketch leaves."""
    intel: Sequence[Path] = ()
    """What the site knows already: indicators of partners in it are sighted, and an attribution needs it."""
    identity: str = ""
    """Name under which this site speaks; empty for that of the policy."""


def share_campaign(request: ShareRequest, format_name: str = "stix", out: Path | None = None) -> EncodedRelease:
    """Make what may leave of a campaign; write it to `out` when that is given.

    Raises:
        InputError: no such result, campaign or format, an unusable policy or key, or `out` cannot be written.
    """
    formats = find_formats()
    if format_name not in formats:
        raise InputError(f"format {format_name} is not known", mend=f"Name one of: {', '.join(sorted(formats))}.")
    release = build_release(request)
    exporter = formats[format_name]
    content = exporter.encode(release)
    left_out = exporter.left_out(release) if exporter.left_out else {}
    if out is not None:
        replace_file(out, content, private=True)
    return EncodedRelease(
        content=content,
        leaves=dict(sorted(Counter(one.kind for one in release.dossiers.indicators).items())),
        sightings=len(release.dossiers.sightings),
        withheld=release.withheld | left_out,
        lost=exporter.lost,
    )


def build_release(request: ShareRequest) -> CampaignRelease:
    """Return what may leave of a campaign, before it is put into a format.

    Raises:
        InputError: as `share_campaign`.
    """
    redaction = read_redaction_policy(request.policy)
    if request.identity:
        redaction = msgspec.structs.replace(redaction, identity=request.identity)
    secret = load_sharing_secret(request.sharing_key) if request.sharing_key is not None else None
    key = SharingKey(_encode_secret(secret)) if secret is not None else None
    result = ResultFolder.read(request.result)
    campaign = find_campaign(result, request.campaign, request.result)
    sketches, unsketched = _sketch_templates(campaign, read_fingerprint_settings(result), secret, key)
    material = gather_material(result, campaign, sketches, unsketched)
    dossiers = read_dossiers(list(request.intel)) if request.intel else None
    return make_release(material, redaction, request.tlp, key, dossiers)


def add_partner_values(
    campaigns: Sequence[Campaign],
    indicators: pa.Table,
    templates: pa.Table,
    settings: FingerprintSettings,
    secret: SiteKey,
) -> tuple[pa.Table, pa.Table]:
    """Return `indicators` and `templates` of campaigns with what partners under the sharing key would call them.

    Rows are added: payments, devices and telephone numbers as digests, templates as hashes under that key. Both tables
    keep their declared columns. Settings are those that the templates were sketched with.
    """
    key = SharingKey(_encode_secret(secret))
    rows = [row for row in indicators.to_pylist() if row["kind"] in DIGEST_ONLY]
    digests = [row | {"value": key.digest(row["kind"], row["value"].strip())} for row in rows]
    template_rows = {(row["campaign_id"], row["template_id"]): row for row in templates.to_pylist()}
    rehashed_templates = [
        template_rows[campaign.id, sketch.id] | {"hashes": list(sketch.hashes)}
        for campaign in campaigns
        for sketch in _sketch_templates(campaign, settings, secret, key)[0]
        if (campaign.id, sketch.id) in template_rows
    ]
    return (
        pa.concat_tables([indicators, pa.Table.from_pylist(digests, INDICATORS.schema)]),
        pa.concat_tables([templates, pa.Table.from_pylist(rehashed_templates, TEMPLATES.schema)]),
    )


def load_sharing_secret(path: Path) -> SiteKey:
    """Read the key that partners share.

    Raises:
        InputError: there is none, or it is unusable.
    """
    if not path.exists():
        # A key made here would match nobody's: it has to come from the partners, or be given to them.
        raise InputError(
            "no such sharing key",
            file=str(path),
            mend="Ask your partners for it, or make one: head -c 16 /dev/urandom > FILE; chmod 600 FILE.",
        )
    return SiteKey.load(path)


def _encode_secret(secret: SiteKey) -> bytes:
    return b"".join(word.to_bytes(8, "little") for word in secret.words)


def _sketch_templates(
    campaign: Campaign, settings: FingerprintSettings, secret: SiteKey | None, key: SharingKey | None
) -> tuple[list[TemplateSketch], dict[str, int]]:
    """Return a sketch of the fixed text of each template under the sharing key, and why others have none."""
    sketches: list[TemplateSketch] = []
    reasons: Counter[str] = Counter()
    for template in campaign.exhibit.templates:
        fixed = [segment.text for segment in template.wording if not segment.slot and segment.text.strip()]
        if secret is None or key is None:
            reasons["needs a sharing key"] += 1
        elif not fixed:
            reasons["its wording was not read (detect with the setting exhibits, on logs with texts)"] += 1
        else:
            hashes = _hash_fixed_texts(fixed, settings, secret)
            if not hashes:
                reasons["its wording is too short for a sketch"] += 1
                continue
            sketches.append(
                TemplateSketch(
                    id=template.id,
                    key=key.name,
                    hashes=hashes,
                    shingle_words=settings.shingle_words,
                    sample_one_in=settings.sample_one_in,
                    elicitation=template.elicitation,
                )
            )
    return sketches, dict(reasons)


def _hash_fixed_texts(fixed: list[str], settings: FingerprintSettings, secret: SiteKey) -> tuple[int, ...]:
    """Return the sketch of texts, each by itself: no shingle spans a slot, whose contents differ."""
    texts = pa.array([text for text in fixed if len(text.split()) >= settings.shingle_words], pa.string())
    if not len(texts):
        return ()
    null_texts = pa.nulls(len(texts), pa.string())
    fingerprints = Fingerprinter(settings, secret).fingerprint_texts(
        view_text_arrays(null_texts), view_text_arrays(texts)
    )
    return tuple(np.unique(fingerprints.sketch).tolist())
