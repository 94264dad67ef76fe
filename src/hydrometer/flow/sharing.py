"""A campaign on its way to partners: the result read, its wordings sketched under the sharing key, a policy applied."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract.errors import InputError
from hydrometer.contract.intel import TemplateSketch
from hydrometer.contract.results import INDICATORS, TEMPLATES
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.fingerprint import Fingerprinter, SiteKey
from hydrometer.fingerprint.texts import text_arrays
from hydrometer.sharing.format import find_formats
from hydrometer.sharing.keys import SharingKey
from hydrometer.sharing.redaction import DIGEST_ONLY, read_redaction
from hydrometer.sharing.release import Known, released
from hydrometer.sharing.stix import read_dossiers
from hydrometer.sharing.writing import replace_file
from hydrometer.store.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract.intel import Tlp
    from hydrometer.contract.results import Campaign
    from hydrometer.sharing.release import Release


@dataclass(frozen=True, slots=True)
class Shared:
    """What leaves, as bytes in its format, and the account of it."""

    content: bytes
    leaves: dict[str, int]
    """How many indicators leave, by kind."""
    sightings: int
    withheld: dict[str, int]
    """What does not, by reason."""
    lost: str
    """What of the release the format does not hold."""


def share(
    result: Path,
    campaign: str,
    *,
    tlp: Tlp,
    form: str = "stix",
    policy: Path | None = None,
    sharing_key: Path | None = None,
    intel: Sequence[Path] = (),
    identity: str = "",
    out: Path | None = None,
) -> Shared:
    """Make what may leave of a campaign; write it to `out` when that is given.

    `intel` is what the site knows already: indicators of partners in it are sighted, and an attribution needs it.

    Raises:
        InputError: no such result, campaign or format, an unusable policy or key, or `out` cannot be written.
    """
    formats = find_formats()
    if form not in formats:
        raise InputError(f"format {form} is not known", mend=f"Name one of: {', '.join(sorted(formats))}.")
    release = release_of(
        result, campaign, tlp=tlp, policy=policy, sharing_key=sharing_key, intel=intel, identity=identity
    )
    chosen = formats[form]
    content = chosen.encode(release)
    left_out = chosen.left_out(release) if chosen.left_out else {}
    if out is not None:
        replace_file(out, content, private=True)
    return Shared(
        content=content,
        leaves=dict(sorted(Counter(one.kind for one in release.dossiers.indicators).items())),
        sightings=len(release.dossiers.sightings),
        withheld=release.withheld | left_out,
        lost=chosen.lost,
    )


def release_of(
    result: Path,
    campaign: str,
    *,
    tlp: Tlp,
    policy: Path | None = None,
    sharing_key: Path | None = None,
    intel: Sequence[Path] = (),
    identity: str = "",
) -> Release:
    """Return what may leave of a campaign, before it is put into a format.

    Raises:
        InputError: as `share`.
    """
    redaction = read_redaction(policy)
    if identity:
        redaction = msgspec.structs.replace(redaction, identity=identity)
    secret = sharing_secret(sharing_key) if sharing_key is not None else None
    key = SharingKey(_content(secret)) if secret is not None else None
    pieces = ResultFolder.read(result)
    found = next((one for one in pieces.campaigns if one.id == campaign), None)
    if found is None:
        known = ", ".join(one.id for one in pieces.campaigns) or "none"
        raise InputError(f"no campaign {campaign}", file=str(result), mend=f"Name one of: {known}.")
    members = pieces.members.filter(pc.equal(pieces.members["campaign_id"], campaign))
    sketches, unsketched = _sketches(found, fingerprinted_with(pieces), secret, key)
    known_here = Known(
        campaign=found,
        members=dict(zip(members["account_id"].to_pylist(), members["probability"].to_pylist(), strict=True)),
        accounts=pc.unique(pieces.considered["account_id"]).to_pylist(),
        indicators=pieces.indicators.filter(pc.equal(pieces.indicators["campaign_id"], campaign)).to_pylist(),
        sketches=sketches,
        sketched=unsketched,
        now=pieces.run.started_at,
    )
    return released(known_here, redaction, tlp, key, read_dossiers(list(intel)) if intel else None)


def comparable(
    campaigns: Sequence[Campaign],
    indicators: pa.Table,
    templates: pa.Table,
    settings: FingerprintSettings,
    secret: SiteKey,
) -> tuple[pa.Table, pa.Table]:
    """Return `indicators` and `templates` of campaigns with what partners under the sharing key would call them.

    Rows are added: payments, devices and telephone numbers as digests, wordings as hashes under that key. Both tables
    keep their declared columns. Settings are those that the wordings were found with.
    """
    key = SharingKey(_content(secret))
    rows = [row for row in indicators.to_pylist() if row["kind"] in DIGEST_ONLY]
    digests = [row | {"value": key.digest(row["kind"], row["value"].strip())} for row in rows]
    known = {(row["campaign_id"], row["template_id"]): row for row in templates.to_pylist()}
    wordings = [
        known[campaign.id, sketch.id] | {"hashes": list(sketch.hashes)}
        for campaign in campaigns
        for sketch in _sketches(campaign, settings, secret, key)[0]
        if (campaign.id, sketch.id) in known
    ]
    return (
        pa.concat_tables([indicators, pa.Table.from_pylist(digests, INDICATORS.schema)]),
        pa.concat_tables([templates, pa.Table.from_pylist(wordings, TEMPLATES.schema)]),
    )


def fingerprinted_with(pieces: ResultFolder) -> FingerprintSettings:
    """Return the settings that the wordings of a result were found with."""
    return msgspec.convert(pieces.run.settings.get("fingerprint", {}), FingerprintSettings)


def sharing_secret(path: Path) -> SiteKey:
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
    return SiteKey.load_or_create(path)


def _content(secret: SiteKey) -> bytes:
    return b"".join(word.to_bytes(8, "little") for word in secret.words)


def _sketches(
    campaign: Campaign, settings: FingerprintSettings, secret: SiteKey | None, key: SharingKey | None
) -> tuple[list[TemplateSketch], dict[str, int]]:
    """Sketch the fixed wording of each template under the sharing key; say why where there is no sketch."""
    found: list[TemplateSketch] = []
    without: Counter[str] = Counter()
    for template in campaign.exhibit.templates:
        fixed = [segment.text for segment in template.wording if not segment.slot and segment.text.strip()]
        if secret is None or key is None:
            without["needs a sharing key"] += 1
        elif not fixed:
            without["its wording was not read (detect with the setting exhibits, on logs with texts)"] += 1
        else:
            hashes = _hashes(fixed, settings, secret)
            if not hashes:
                without["its wording is too short for a sketch"] += 1
                continue
            found.append(
                TemplateSketch(
                    id=template.id,
                    key=key.name,
                    hashes=hashes,
                    shingle_words=settings.shingle_words,
                    sample_one_in=settings.sample_one_in,
                    elicitation=template.elicitation,
                )
            )
    return found, dict(without)


def _hashes(fixed: list[str], settings: FingerprintSettings, secret: SiteKey) -> tuple[int, ...]:
    """Sketch each stretch by itself: no shingle spans a slot, whose contents differ."""
    texts = pa.array([text for text in fixed if len(text.split()) >= settings.shingle_words], pa.string())
    if not len(texts):
        return ()
    nothing = pa.nulls(len(texts), pa.string())
    made = Fingerprinter(settings, secret).sketches(text_arrays(nothing), text_arrays(texts))
    return tuple(np.unique(made.sketch).tolist())
