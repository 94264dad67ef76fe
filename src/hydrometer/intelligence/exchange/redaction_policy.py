"""What may leave this site: the redaction policy, with defaults that keep customers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from hydrometer.contract import EntityKind, InputError
from hydrometer.files import read_toml_or_yaml

if TYPE_CHECKING:
    from pathlib import Path


Form = Literal["value", "digest", "withhold"]
"""As it stands, as a digest under the key that partners share, or not at all."""


class KindRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an indicator of one kind must satisfy to leave."""

    form: Form = "value"
    accounts: Annotated[int, Meta(ge=1)] = 3
    """Least members that show the value."""
    strangers: Annotated[int, Meta(ge=0)] | None = None
    """Most accounts outside the campaign that show it; None sets no limit."""
    share: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Least share of the accounts that show it that must be members."""
    days: Annotated[int, Meta(ge=1)] = 90
    """For how long it is valid after it was last seen."""


DEFAULTS: dict[str, KindRule] = {
    EntityKind.ADDRESS: KindRule(strangers=0, days=30),
    EntityKind.NETWORK: KindRule(strangers=0, days=30),
    EntityKind.SIGNUP_NETWORK: KindRule(strangers=0, days=90),
    EntityKind.ASN: KindRule(share=0.5, days=90),
    EntityKind.DOMAIN: KindRule(strangers=0, days=365),
    EntityKind.EMAIL_DOMAIN: KindRule(strangers=0, days=180),
    EntityKind.EMAIL_SHAPE: KindRule(share=0.5, days=180),
    EntityKind.PAYMENT: KindRule(form="digest", accounts=1, strangers=0, days=365),
    EntityKind.DEVICE: KindRule(form="digest", accounts=1, strangers=0, days=180),
    EntityKind.PHONE: KindRule(form="digest", accounts=1, strangers=0, days=365),
    EntityKind.BIN: KindRule(share=0.5, days=180),
    EntityKind.JA4: KindRule(share=0.25, days=90),
    EntityKind.USER_AGENT: KindRule(share=0.25, days=60),
    EntityKind.TOOLS: KindRule(share=0.25, days=180),
    EntityKind.TEMPLATE: KindRule(days=365),
}
"""Kinds that may leave at all. What is not here never does: end users, sessions, sign-up days, lengths of names."""
DIGEST_ONLY: frozenset[EntityKind] = frozenset({EntityKind.PAYMENT, EntityKind.DEVICE, EntityKind.PHONE})
"""Kinds whose values name a person's things: no policy lets them out as they stand."""


class RedactionPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A redaction policy, as its file says it."""

    identity: str = ""
    """Name under which this site speaks."""
    least_probability: Annotated[float, Meta(ge=0, le=1)] = 0.9
    """Of the campaign; below it nothing leaves."""
    least_member_probability: Annotated[float, Meta(ge=0, le=1)] = 0.8
    """Members below it do not count as showing a value."""
    attribution: bool = False
    """Whether it is said whom the campaign is attributed to."""
    templates: bool = True
    """Whether sketches of the templates leave, under the sharing key."""
    volumes: bool = True
    """Whether numbers of accounts and exchanges, models and capabilities leave."""
    kinds: dict[str, KindRule] = {}
    """Rules by kind, each in place of the default one."""

    def rule(self, kind: str) -> KindRule | None:
        """Return the rule of a kind; None when that kind never leaves."""
        return self.kinds.get(kind, DEFAULTS.get(kind))


def make_internal_policy() -> RedactionPolicy:
    """Return the policy for what never leaves: this site's own earlier campaigns, kept to be recognised again.

    Values stay as they are, and longer; what is shown by far more strangers than members tells nothing.
    """
    kinds = {kind: KindRule(form="value", accounts=1, share=0.1, days=4 * rule.days) for kind, rule in DEFAULTS.items()}
    return RedactionPolicy(least_probability=0, least_member_probability=0, kinds=kinds)


def read_redaction_policy(path: Path | None) -> RedactionPolicy:
    """Read a policy from a TOML or YAML file; the defaults when there is none.

    A rule of a kind that sets only some of its fields keeps the others of the default rule.

    Raises:
        InputError: the file cannot be read, or names what there is not.
    """
    if path is None:
        return RedactionPolicy()
    mend = "docs/sharing.md shows a valid policy."
    content = read_toml_or_yaml(path, mend="Name an existing file.", valid=mend)
    if not isinstance(content, dict):
        raise InputError("is no policy", file=str(path), mend=mend)
    kinds = content.get("kinds", {})
    for kind, rule in kinds.items() if isinstance(kinds, dict) else ():
        if kind not in DEFAULTS:
            raise InputError(
                f"kind {kind} is never shared", file=str(path), mend=f"Name one of: {', '.join(sorted(DEFAULTS))}."
            )
        if isinstance(rule, dict):
            kinds[kind] = msgspec.to_builtins(DEFAULTS[kind]) | rule
            if kind in DIGEST_ONLY and kinds[kind]["form"] == "value":
                problem = f"values of kind {kind} leave as digests only"
                raise InputError(problem, file=str(path), mend='Set form to "digest" or "withhold".')
    try:
        return msgspec.convert(content, RedactionPolicy)
    except msgspec.ValidationError as error:
        raise InputError(f"is no policy: {error}", file=str(path), mend=mend) from None
