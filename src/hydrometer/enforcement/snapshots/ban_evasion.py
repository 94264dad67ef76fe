"""Accounts made since a detection that share what a campaign's accounts have: suspected before their first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import ENTITY_KINDS, EntityKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    import pyarrow as pa

    from hydrometer.enforcement.snapshots.successor_recognition import SharedValue, SuccessorRecogniser

ACCOUNT_KINDS = frozenset(kind for kind, spec in ENTITY_KINDS.items() if spec.table == "accounts")
"""Kinds of value that are known of an account before it sends anything."""


EARLY = 0.1
"""Share of a campaign's accounts that may be older than its pool: bought or stolen ones tell nothing of when it was made."""


LEAST_MEMBERS, NEARLY_ALL = 3, 0.8
"""Members of an organisation, and their share of its accounts, from which on its next accounts are suspected too."""


def find_creation_starts(
    accounts: pa.Table, members: Sequence[Verdict], first_seen: Sequence[datetime]
) -> list[datetime]:
    """Return, by campaign, when its operator began to make accounts, `first_seen` at the latest.

    A pool that sleeps is made with the one that works, before the campaign's first exchange.
    """
    campaign = {verdict.subject: verdict.campaign for verdict in members}
    creation_times: dict[int, list[datetime]] = {}
    for name, when in zip(accounts["account_id"].to_pylist(), accounts["created_at"].to_pylist(), strict=True):
        if name in campaign and when is not None:
            creation_times.setdefault(campaign[name], []).append(when)
    since = list(first_seen)
    for index, times in creation_times.items():
        since[index] = min(since[index], sorted(times)[int(EARLY * len(times))])
    return since


def suspect_organisations(accounts: pa.Table, members: Sequence[Verdict], most: float) -> list[Verdict]:
    """Return suspicions against organisations that are nearly all members, for the accounts that they may make next.

    most: greatest probability of a suspicion.
    """
    verdict_by_account = {verdict.subject: verdict for verdict in members}
    account_counts: dict[str, int] = {}
    member_probabilities: dict[tuple[str, int], list[float]] = {}
    for name, organisation in zip(accounts["account_id"].to_pylist(), accounts["org_id"].to_pylist(), strict=True):
        if organisation:
            account_counts[organisation] = account_counts.get(organisation, 0) + 1
            if verdict := verdict_by_account.get(name):
                member_probabilities.setdefault((organisation, verdict.campaign), []).append(verdict.probability)
    return [
        Verdict(
            subject=organisation,
            scope="organisation",
            campaign=campaign,
            probability=min(most, sum(probabilities) / account_counts[organisation]),
            successor=True,
            why="successor: organisation",
        )
        for (organisation, campaign), probabilities in sorted(member_probabilities.items())
        if len(probabilities) >= LEAST_MEMBERS and len(probabilities) >= NEARLY_ALL * account_counts[organisation]
    ]


def suspect_accounts(
    accounts: pa.Table, recogniser: SuccessorRecogniser, since: Sequence[datetime], excluded_accounts: AbstractSet[str]
) -> list[Verdict]:
    """Return suspicions against accounts that detection has not weighed yet.

    since: by campaign, when its operator began to make accounts; an older one is not its successor. known: accounts that were
    weighed, or are cleared.
    """
    shared: dict[int, list[SharedValue]] = {}
    for kind in recogniser.kinds:
        if kind in ACCOUNT_KINDS:
            spec = ENTITY_KINDS[EntityKind(kind)]
            for row, value in enumerate(accounts[spec.column].to_pylist()):
                if matches := recogniser.shared(kind, spec.form.canonicalise(value)):
                    shared.setdefault(row, []).extend(matches)
    names, created = accounts["account_id"], accounts["created_at"]
    verdicts = []
    for row, matches in sorted(shared.items()):
        name, made = names[row].as_py(), created[row].as_py()
        if name in excluded_accounts or made is None:
            continue
        judged = recogniser.judge([one for one in matches if made >= since[one.campaign]])
        if judged is not None:
            verdicts.append(
                Verdict(
                    subject=name,
                    scope="account",
                    campaign=judged.campaign,
                    probability=judged.probability,
                    successor=True,
                    why=f"successor: {judged.why}",
                )
            )
    return verdicts
