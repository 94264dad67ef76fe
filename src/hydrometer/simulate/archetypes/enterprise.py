"""Enterprises: one organisation, one egress, many accounts behind single sign-on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.networks import OFFICE
from hydrometer.simulate.populace import ids
from hydrometer.simulate.supplies import NONE

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "enterprise"
SHARE = 0.12
MEAN = 20


def populate(draft: Draft, count: int) -> None:
    """Add `count` employees of organisations of 8 to 120 accounts: same domain, card, address, internal instructions,
    and a proxy that opens TLS anew, so that every client behind it has the proxy's handshake."""
    rng = draft.rng
    sizes: list[int] = []
    while sum(sizes) < count:
        sizes.append(int(min(120, 8 + rng.pareto(1.0) * 14)))
    firm = np.repeat(np.arange(len(sizes)), sizes)[:count]
    firms = len(sizes)
    egress = draft.internet.fresh(rng, firms, OFFICE)
    rows = draft.accounts(
        count,
        KIND,
        homes=egress.take(firm),
        org_id=ids(rng, "org_", firms, 12)[firm],
        email_domain=np.array(
            [
                f"{draft.dice.pick(('corp', 'group', 'works'))}-{draft.place + i}-{draft.dice.below(9999)}.example"
                for i in range(firms)
            ],
            dtype=object,
        )[firm],
        payment_fingerprint=ids(rng, "pm_", firms)[firm],
        signup_ip=egress.ip[firm],
        plan="enterprise",
        verification="sso",
        device_id=None,
        phone_hash=None,
    )
    volumes = draft.volumes(count, 11 * draft.days / 14, 1.1, 500)
    account, at, _, session, turns = draft.people_talk(rows, volumes, roaming=0.0)
    proxy = draw_clients(rng, firms)
    desk = draft.templates("agency_brief", firms)
    of = firm[account - rows[0]]
    system = np.where(rng.random(len(of)) < 0.5, desk[of], NONE)
    draft.exchanges(
        account,
        at,
        draft.prompts(account, popular=0.02),
        system=system,
        tls=proxy[of],
        session=session,
        turns=turns,
        refused=0.001,
    )
