"""What the signals measured of a whole population: plain arrays that tests and linking read.

Accounts are numbered 0 … n-1 in the order of their ids, so that nothing depends on the order of the input.
The organisation is the unit of counting: what two accounts of one declared organisation share is no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Entities:
    """Which accounts show which values of one kind, as distinct (account, value) pairs ordered by account.

    `account` and `value` are int64 arrays of one length; `names` holds a printable name per value; `orgs` the number
    of organisations that show each value in the whole population.
    """

    kind: str
    family: str
    account: Ints
    value: Ints
    names: list[str]
    orgs: Ints
    single: bool
    """Whether an account has at most one value."""
    uses: Ints
    """Exchanges of the account that show the value (1 for what is known of the account itself)."""

    def of(self, members: Bools) -> npt.NDArray[np.bool_]:
        """Mask of the pairs whose account is in `members` (one entry an account)."""
        return members[self.account]


@dataclass(frozen=True, slots=True)
class Events:
    """Every exchange, ordered by account and time; arrays of one length.

    `offsets[a]:offsets[a + 1]` are the exchanges of account `a`. `time` is µs since 1970; `prompt` the keyed hash of
    the prompt; `demand` whether the exchange asks for training material, `confidence` how sure its own text makes that
    (0 to 1), `leans` whether it carries a wording that leans to demands; `kind` an index into ELICITATION_CLASSES.
    """

    offsets: Ints
    account: Ints
    time: Ints
    demand: Bools
    confidence: npt.NDArray[np.float32]
    leans: Bools
    kind: npt.NDArray[np.int8]
    model: Ints
    prompt: Ints
    refused: Bools
    capability: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Fragments:
    """Stretches of wording that different prompts share, as distinct (exchange, fragment) pairs ordered by exchange.

    A fragment is a set of shingles that occur in exactly the same exchanges. `exchange` indexes Events. `lean` is how far
    a fragment leans to demands: the mean confidence of its exchanges that carry nothing which leans more; 0 where too few
    are there to say.
    """

    exchange: Ints
    fragment: Ints
    orgs: Ints
    prompts: Ints
    exchanges: Ints
    lean: Floats


@dataclass(frozen=True, slots=True)
class Population:
    """Everything after the texts: n accounts with their facts, entities, exchanges and shared wordings."""

    accounts: list[str]
    org: Ints
    orgs: list[str]
    facts: dict[str, Floats]
    """Per account; NaN where unknown. Keys are the columns of the step `account_facts`."""
    entities: dict[str, Entities]
    events: Events
    fragments: Fragments
    models: list[str]
    releases: dict[int, int]
    """Release time in µs of each model (by its number) that came out within the span, known or seen from the data."""
    authorised: Bools
    verified: Bools
    """Accounts whose organisation is known by contract or single sign-on."""
    start: int
    end: int
    columns: frozenset[str]
    """Columns that held anything, as `exchanges.x` or `accounts.x`."""
    notes: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.accounts)
