"""Campaigns on standard output: as a table for people, as a summary for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.cli.output.console_tables import build_table, open_console, print_line
from hydrometer.contract import describe_probability
from hydrometer.report import phrase_suspicion

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from hydrometer.contract import Campaign, CampaignFile, RunRecord

LEAST_PRINTED, MOST_PRINTED = 0.01, 0.99
"""Bounds of a printed probability: nothing that is estimated is certain."""
MOST_NAMED = 3
"""Capabilities named in a row of the table; --json and the report have them all."""


def summarise_campaigns(campaign_file: CampaignFile, out: Path) -> dict[str, object]:
    """Return what `--json` prints: campaigns and watches without members and exhibits, and how the run went."""
    run = campaign_file.run
    return {
        "result": str(out),
        "campaigns": [
            {
                "id": c.id,
                "probability": c.probability,
                "likelihood": describe_probability(c.probability),
                "coordination": c.coordination,
                "harvest": c.harvest,
                "first_seen": c.first_seen,
                "last_seen": c.last_seen,
                "accounts": c.accounts,
                "exchanges": c.exchanges,
                "harvested": c.harvested,
                "capabilities": c.capabilities,
                "elicitation": c.elicitation,
                "models": c.models,
                "attribution": {"status": c.attribution.status, "why": c.attribution.why},
            }
            for c in campaign_file.convicted
        ],
        "watches": [
            {
                "id": w.id,
                "accounts": w.accounts,
                "suspected_accounts": w.suspected_accounts,
                "exchanges": w.exchanges,
                "first_seen": w.first_seen,
                "last_seen": w.last_seen,
                "would_decide": w.would_decide,
                "innocent_explanation": w.innocent_explanation,
            }
            for w in campaign_file.watches
        ],
        "run": {
            "status": run.status,
            "rows": run.rows,
            "rejected": run.rejected,
            "absent_columns": run.absent_columns,
            "signals_off": run.signals_off,
            "caps": run.caps,
        },
    }


def print_campaigns(campaign_file: CampaignFile, out: Path) -> None:
    """Print campaigns as a table, watches, then everything that limits what could be found, then where the result is."""
    console = open_console()
    campaigns = campaign_file.convicted
    if campaigns:
        console.print(_build_campaign_table(campaigns), "")
        for c in campaigns:
            if c.attribution.dossiers:
                print_line(console, f"{c.id}: {c.attribution.why}")
    else:
        console.print("No campaigns found.")
    for line in _list_watches(campaign_file.watches):
        print_line(console, line)
    for line in _list_limits(campaign_file.run):
        print_line(console, line)
    print_line(console, f"Report: {out / 'report.html'}")


def _build_campaign_table(campaigns: list[Campaign]) -> Table:
    heads = ("campaign", "how likely", "accounts", "exchanges", "harvested", "extracts", "seen")
    rows = (
        (
            c.id,
            format_likelihood(c.probability),
            f"{c.accounts:,}",
            f"{c.exchanges:,}",
            f"{c.harvested:,}",
            _format_capabilities(c.capabilities),
            f"{c.first_seen:%Y-%m-%d} – {c.last_seen:%Y-%m-%d}",
        )
        for c in sorted(campaigns, key=lambda c: (-c.probability, c.id))
    )
    # Numbers stay whole; on a narrow terminal the columns with words fold, down to their longest word.
    return build_table(heads, rows, {"campaign", "how likely", "extracts", "seen"}, (0, 11, 8, 8, 8, 10, 12))


def format_likelihood(probability: float) -> str:
    """Return a probability with two places, short of certainty, and the term for what is printed."""
    return f"{format_probability(probability)} {describe_probability(_round_probability(probability))}"


def format_probability(probability: float) -> str:
    """Return a probability with two places, short of certainty."""
    return f"{_round_probability(probability):.2f}"


def _round_probability(probability: float) -> float:
    return min(max(round(probability, 2), LEAST_PRINTED), MOST_PRINTED)


def _list_watches(watches: list[Campaign]) -> list[str]:
    """Return, a line each, what is suspected of whom nobody is accused."""
    if not watches:
        return []
    named = "1 watch" if len(watches) == 1 else f"{len(watches):,} watches"
    lines = [f"{named}: suspected, nobody accused, no account named"]
    for watch in sorted(watches, key=lambda w: w.id):
        lines.append(f"{watch.id}: {phrase_suspicion(watch)}")
        lines += [f"{watch.id} would be decided by: {each}" for each in watch.would_decide[:1]]
    return lines


def _format_capabilities(shares: dict[str, float]) -> str:
    first = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMED]
    return ", ".join(f"{name} {share:.0%}" for name, share in first if share > 0)


def _list_limits(run: RunRecord) -> list[str]:
    """Return, a line each, what was read, rejected, off and capped."""
    read = ", ".join(f"{rows:,} {name}" for name, rows in run.rows.items())
    lines = [f"Read: {read}"] if read else []
    lines += [f"Rejected: {rows:,} rows, {reason}" for reason, rows in run.rejected.items()]
    if run.absent_columns:
        lines.append(f"Absent columns: {', '.join(run.absent_columns)}")
    lines += [f"Off: {off.signal}: {off.why}; {off.costs}" for off in run.signals_off]
    if not run.signals_off:
        lines.append("Off: no signal was off")
    lines += [f"Limit reached: {cap}" for cap in run.caps]
    return lines
