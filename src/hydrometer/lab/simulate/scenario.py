"""What a world is made of: typed, frozen, and complete, so that a scenario and a seed give one world."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from hydrometer.contract import InputError

HarvestKind = Literal[
    "reasoning",
    "finished_answer",
    "grading",
    "trace_cleaning",
    "agentic",
    "tools",
    "restricted_rewriting",
    "synthesis",
    "relay",
    "search",
    "replay",
]
"""What a demand asks of the model. `relay` appends the demand to a customer's prompt, `search` tries techniques that
lay hidden reasoning open, `replay` sends sessions that another model has already answered."""

Phrasebook = Literal["first", "second", "third"]
"""A collection of wordings. The second and the third share no sentence with another: for scenarios that no tuning sees."""

CrowdPhrasebook = Literal["first", "second"]
"""A collection of templates of honest crowds. The second shares no sentence with the first."""

Salt = Literal["", "padding", "invisible", "lookalike"]
"""What is strewn into each demand afresh: filler sentences and characters around its paragraphs, characters of no width
between letters, Cyrillic and Greek letters in the place of Latin ones."""

Frame = Literal["", "debugging", "working_memory", "same_language", "override"]
"""What a demand hides in: a fake fault report, a translation of the working memory into another script, an order to
deliberate in the user's language, another vendor's product as which the model is to speak."""


class OperatorSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operator: every knob of how it gets accounts, reaches the model, spreads its work, and words its demand."""

    name: str
    """How the truth calls it."""
    accounts: int = 150
    """Accounts that it runs."""
    beneficiaries: tuple[str, ...] = ("A",)
    """Who gets the outputs: each wording works for one of them."""
    supplier: str = ""
    """From whom it has its accounts and exits. Those who name the same one share its BINs, shapes of e-mails, sign-up
    days, sign-up networks and proxy pool, as the first of them has them; each has its own work queue and wordings."""

    card: Literal["shared", "bin", "unique"] = "bin"
    """`shared`: `accounts_per_card` accounts pay with one card; `bin`: own cards, few BINs; `unique`: ordinary BINs."""
    accounts_per_card: int = 12
    """How many accounts pay with one shared card."""
    bins: int = 1
    """Issuers of its cards; with unique cards it counts for nothing."""
    email: Literal["machine", "digits", "ordinary"] = "machine"
    """`machine`: random letters and digits; `digits`: first name and three digits; `ordinary`: like everybody's."""
    email_domain: Literal["common", "throwaway"] = "common"
    """`common`: the great mail providers; `throwaway`: three that hand out addresses for an hour."""
    devices: Literal["shared", "unique"] = "unique"
    """`shared`: one device signs up fifteen accounts; `unique`: each has its own."""
    age: Literal["fresh", "aged"] = "fresh"
    """`fresh`: signed up within `signup_days` before the start; `aged`: bought, made over the two years before."""
    signup_days: float = 2.0
    """Fresh accounts sign up over so many days before the start."""
    churn_days: float = 0.0
    """How many days an account lives, about, before a fresh one relieves it; `accounts` are all that ever work. 0: they
    last."""
    warmup: float = 0.0
    """Ordinary exchanges per account and day before the harvest starts."""

    network: Literal["shared", "subnet", "vpn", "residential"] = "residential"
    """`shared`: a few rare hosts; `subnet`: one /24; `vpn`: datacentre exits that others use too; `residential`: a
    rotating pool of home addresses, some of which belong to honest persons of this world."""
    addresses: int = 4
    """Hosts of a shared network."""
    networks_per_account: int = 20
    """Residential addresses an account is seen on, if it sends enough."""
    client: Literal["one", "common", "mixed", "forged"] = "one"
    """`one`: a single popular library; `common`: libraries as the world has them; `mixed`: changes within an
    account; `forged`: the header changes and the TLS fingerprint stays."""
    channels: tuple[str, ...] = ("api",)
    """Ways in; each account keeps to one of them."""

    rhythm: Literal["queue", "human", "bursts", "sittings"] = "queue"
    """`queue`: one stream, dealt to the accounts in turn; `human`: waking hours of each account's country; `bursts`:
    the whole pool works some hours and rests some hours, day and night; `sittings`: as people sit down, several exchanges
    of one account in a row, a pause, then another's, so that few accounts work at a time."""
    workers: int = 0
    """Workers of a queue, each of whom holds one task at a time, seconds to a minute, and gives the next one to another
    account; they work every day from the pool's hour until the day's tasks are done. 0: as many as there is work for."""
    jitter: float = 0.2
    """Of the queue: 0 is a clock, 1 is a Poisson stream."""
    rate: float = 20.0
    """Harvested exchanges per account and active day."""
    unequal: float = 0.1
    """Spread of the accounts' loads: standard deviation of their logarithm."""
    start_day: float = 1.0
    """When the harvest begins, in days from the first midnight."""
    stop_day: float = 13.0
    """When it ends; the end of the world, if that comes first."""
    start_spread_hours: float = 3.0
    """Accounts begin within so many hours of the start."""
    stop_spread_hours: float = 3.0
    """Accounts stop within so many hours before the end."""

    kinds: tuple[HarvestKind, ...] = ("reasoning",)
    """What its demands ask of the model; the wordings are split evenly among them."""
    wordings: int = 1
    """Different wordings of the demand in all."""
    reworded: float = 0.3
    """Share of the wordings that are written afresh; the others are composed from common clauses."""
    phrasebook: Phrasebook = "first"
    """The book that the wordings are taken from."""
    frame: Frame = ""
    """What every demand hides in; the second phrasebook only."""
    languages: tuple[str, ...] = ()
    """Languages of its demands, to which wordings and tasks are split evenly, as ISO 639-1 codes: `ar`, `pt`, `ru`, `zh` in
    the first phrasebook, `es`, `ja`, `tr` in the third. Its tasks are in the same language, where the texts have it."""
    paraphrase: float = 0.0
    """Share of the exchanges whose wording is composed afresh and never comes again."""
    salt: Salt = ""
    """What is strewn into its demands afresh for each exchange."""
    tool: str = ""
    """Name of the tool whose wordings are used; whoever names the same tool uses the same wordings."""
    public_templates: bool = False
    """Whether its wordings are public ones: for grades a collection that honest judges use too, for all else those of a
    public tool, which the licensed data makers have."""
    harness: bool = False
    """Whether it works through the public coding harness: that one's instructions, tools, client and turns, and a demand
    only in one exchange of three."""
    system: bool = False
    """Whether the demand (or a persona) stands in a system prompt."""
    sweep: bool = True
    """Each task is sent once by the whole pool."""
    turns: int = 1
    """Messages in a harvesting request: 1, or so many on average."""
    sessions: bool = False
    """Whether the harvest carries session ids, as chats of people do."""
    refused: float = 0.004
    """Share of its harvesting requests that the model refuses."""

    search_days: float = 0.0
    """Days of a search phase before `start_day`, with `search_rate` exchanges per account and day."""
    search_rate: float = 10.0
    """Exchanges per account and day of the search phase."""
    search_refused: float = 0.8
    """Share of the searching requests that the model refuses."""
    search_accounts: float = 1.0
    """Share of the accounts that take part in the search phase."""

    innocent: float = 0.0
    """Share of the accounts' exchanges that are a reseller's innocent customers."""
    end_users: bool = True
    """Whether those customers carry an end_user_id (then the harvest carries one too)."""
    customers: int = 60
    """How many innocent customers the reseller has."""

    pivot: bool = False
    """Turns to the newest model within 24 hours of its release."""
    ban_day: float | None = None
    """Day on which the provider bans some of the accounts; None: never."""
    ban_share: float = 0.6
    """Share of the waking accounts that are banned then."""
    dormant: float = 0.4
    """Share of the accounts that sleep until the ban and wake within `wake_hours`; counts only with `ban_day`."""
    wake_hours: float = 6.0
    """Sleeping accounts wake within so many hours of the ban."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A world's recipe."""

    name: str = "custom"
    """How it is called."""
    honest: int = 3_000
    """Honest accounts."""
    days: int = 14
    """Whole days that the world lasts."""
    start: datetime = datetime(2026, 4, 6, tzinfo=UTC)
    """Midnight, UTC, of the first day (a Monday)."""
    operators: tuple[OperatorSpec, ...] = ()
    """Those who harvest; none in an innocent world."""
    volume: float = 1.0
    """How busy honest customers are: their volumes are multiplied by it."""
    shares: dict[str, float] = {}
    """Honest archetype to its share of the honest accounts, in place of the archetype's own; persons take the rest."""
    release_day: float | None = 6.3
    """Day on which the newest model comes out; None: it was there from the beginning."""
    outage_day: float | None = 9.4
    """Day on which the service fails for `outage_hours`; None: never."""
    outage_hours: float = 3.0
    """How long the outage lasts."""
    outages: tuple[float, ...] = ()
    """Days of further outages, as long as the first."""
    hobby_tool: str = "tracekit"
    """The synthesis tool that the hobbyists and the licensed data makers of this world run."""
    crowd_phrasebook: CrowdPhrasebook = "first"
    """The book that the templates of honest crowds (courses, consultancies, …) are taken from."""


_THIRD_KINDS: tuple[HarvestKind, ...] = ("reasoning", "finished_answer", "grading", "agentic", "synthesis")
_FOREIGN_KINDS: tuple[HarvestKind, ...] = ("reasoning", "grading", "synthesis")
_BOOK_LANGUAGES: dict[Phrasebook, tuple[str, ...]] = {
    "first": ("ar", "pt", "ru", "zh"),
    "second": (),
    "third": ("es", "ja", "tr"),
}
"""What the third book and those in other languages have wordings of, and which languages a book is written in."""


def check_scenario(scenario: Scenario) -> None:
    """Refuse a scenario that no world can be made of.

    Raises:
        InputError: names the first setting that is out of its range.
    """
    names = [spec.name for spec in scenario.operators]
    rules = [
        (scenario.honest >= 1, "honest", "at least 1"),
        (scenario.volume > 0, "volume", "above 0"),
        (3 <= scenario.days <= 400, "days", "from 3 to 400"),
        (scenario.start.tzinfo is not None, "start", "a time with its zone"),
        (
            scenario.release_day is None or 0 <= scenario.release_day <= scenario.days - 1,
            "release_day",
            "before the last day",
        ),
        (scenario.outage_day is None or 0 <= scenario.outage_day < scenario.days, "outage_day", "inside the span"),
        (all(0 <= day < scenario.days for day in scenario.outages), "outages", "inside the span"),
        (len(set(names)) == len(names) and "" not in names, "operators", "operators with names of their own"),
    ]
    for spec in scenario.operators:
        rules += [
            (spec.accounts >= 1, f"{spec.name}.accounts", "at least 1"),
            (
                0 <= spec.start_day < min(spec.stop_day, scenario.days),
                f"{spec.name}.start_day",
                "before stop_day and the end",
            ),
            (spec.rate > 0 and spec.search_rate > 0, f"{spec.name}.rate", "above 0"),
            (
                bool(spec.kinds) and bool(spec.beneficiaries) and bool(spec.channels),
                f"{spec.name}.kinds",
                "at least one each",
            ),
            (spec.wordings >= 1 and spec.bins >= 1, f"{spec.name}.wordings", "at least 1"),
            (
                not spec.frame or spec.phrasebook == "second",
                f"{spec.name}.frame",
                "empty, or the phrasebook the second",
            ),
            *_check_wordings(spec),
            (0 <= spec.innocent < 1, f"{spec.name}.innocent", "from 0 to below 1"),
            (
                not spec.workers or (spec.workers > 0 and spec.rhythm == "queue"),
                f"{spec.name}.workers",
                "0, or the rhythm a queue",
            ),
            (
                0 <= spec.churn_days < min(spec.stop_day, scenario.days) - spec.start_day,
                f"{spec.name}.churn_days",
                "from 0 to below the days of work",
            ),
            (0 <= spec.jitter <= 1, f"{spec.name}.jitter", "from 0 to 1"),
            (spec.customers >= 1 and spec.addresses >= 1, f"{spec.name}.customers", "at least 1"),
        ]
    for holds, column, wanted in rules:
        if not holds:
            raise InputError(f"the scenario {scenario.name} is impossible", column=column, mend=f"It must be {wanted}.")


def _check_wordings(spec: OperatorSpec) -> list[tuple[bool, str, str]]:
    """Return the rules of what an operator's demands are worded like."""
    third, languages = set(_THIRD_KINDS), _BOOK_LANGUAGES[spec.phrasebook]
    return [
        (
            spec.phrasebook != "third" or (set(spec.kinds) <= third and not spec.search_days),
            f"{spec.name}.kinds",
            f"of {', '.join(_THIRD_KINDS)}, without a search phase, in the third phrasebook",
        ),
        (
            not spec.languages or set(spec.kinds) <= set(_FOREIGN_KINDS),
            f"{spec.name}.kinds",
            f"of {', '.join(_FOREIGN_KINDS)} in other languages",
        ),
        (
            set(spec.languages) <= set(languages),
            f"{spec.name}.languages",
            f"of {', '.join(languages) or 'none'} in the {spec.phrasebook} phrasebook",
        ),
        (0 <= spec.paraphrase <= 1, f"{spec.name}.paraphrase", "from 0 to 1"),
        (
            not spec.public_templates or not (spec.tool or spec.languages or spec.paraphrase or spec.salt),
            f"{spec.name}.public_templates",
            "false with a tool, languages, paraphrase or a salt",
        ),
    ]
