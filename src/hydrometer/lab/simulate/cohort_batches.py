"""What is added to a cohort at once, each with an ordinary value wherever none is given: accounts, exchanges, people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.lab.simulate.networks import Addresses, FloatArray, IntArray, ObjectArray


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTraits:
    """What accounts are beside their columns; arrays have one value an account."""

    operator: str = ""
    """Who runs them; empty for honest ones."""
    community: ObjectArray | str = ""
    """Which honest community they belong to, one for all or one each; empty for lone persons."""
    homes: Addresses | None = None
    """Where they are; homes as the world has them where none are given."""
    created_at: IntArray | None = None
    """When they signed up, µs; in the past where it is not given."""
    clients_at: IntArray | None = None
    """Their client libraries, as rows of `clients.USER_AGENTS`."""
    country: str | None = None
    """The country of all of them."""
    new_model: float = 0.25
    """Share that turns to the newest model in the days after its release."""
    large: float = 0.5
    """Share that uses the large model before."""


@dataclass(frozen=True, slots=True)
class ExchangeBatch:
    """Exchanges: account (row in the cohort), time (µs) and text of each, and what is not as usual of them.

    Texts are references: `task` is what is asked, `template` what stands around it, `system` the system prompt; without a
    template the prompt is the task alone. `channel` and `beneficiary` may be codes of the shard, one each.
    """

    account: IntArray
    at: IntArray
    task: IntArray
    template: IntArray | int = NONE
    system: IntArray | int = NONE
    addresses: Addresses | None = None
    """Where they come from; the accounts' homes where it is not given."""
    client: IntArray | None = None
    """What the client says it is, as rows of `clients.USER_AGENTS`."""
    tls: IntArray | None = None
    """What its handshake says, likewise."""
    model: IntArray | None = None
    channel: IntArray | str = "api"
    end_user: ObjectArray | None = None
    session: ObjectArray | None = None
    turns: IntArray | int = 1
    tools: Sequence[str] = ()
    output: float | FloatArray = 380.0
    """Median of the output tokens, of all or of each."""
    reasoning: float = 0.3
    """Share with hidden reasoning."""
    refused: float = 0.005
    """Share that the model refuses."""
    campaign: str | None = None
    beneficiary: IntArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanHabits:
    """How people use the model."""

    session: float = 4.0
    """Exchanges of a session, about."""
    days: float | None = None
    """How long they do; to the world's end where it is not given."""
    since: int | None = None
    """From when on, µs; from the world's beginning where it is not given."""
    roaming: float = 0.12
    """Share of the sessions that come from a second address."""
    threads: bool = True
    """Whether sessions have ids."""
    gap_seconds: float = 75.0
    """Median time between two exchanges of a session."""
    weekend: float = 0.45
    """What a day of a weekend counts for."""
    hours: FloatArray | None = None
    """Weights of the 24 hours of a local day; a customer's day where they are not given."""
    day_weights: FloatArray | None = None
    """What each of the days counts for, besides."""
    own_hours: float = 2.2
    """Hours by which people's days are shifted against each other (standard deviation)."""


class HumanExchanges(NamedTuple):
    """Exchanges of people, ready to be added: account, time, address, session id and turns of each."""

    account: IntArray
    at: IntArray
    addresses: Addresses
    session: ObjectArray
    turns: IntArray
