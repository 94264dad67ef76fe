"""Where texts come from: sources of numbered texts. A world is drawn as numbers; who needs words asks for them later.

A reference (int64) names a text: its source in the upper bits, its number in the lower ones. What text that is follows
from the world's seed, the source and the number, so that every process that makes a shard of a world reads the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from hydrometer.lab.simulate.demands.demand_salts import salt_demand
from hydrometer.lab.simulate.demands.demand_templates import (
    USUAL_STYLE,
    PromptTemplate,
    compose_demand,
    make_demand_templates,
)
from hydrometer.lab.simulate.honest_templates import make_crowd_template, make_honest_template
from hydrometer.lab.simulate.networks import COUNTRIES
from hydrometer.lab.simulate.texts.corpus import Corpus, make_popular_prompts
from hydrometer.lab.simulate.texts.phrase_grammar import Dice, NumberedDice

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.lab.simulate.demands.demand_templates import DemandStyle
    from hydrometer.lab.simulate.networks import IntArray
    from hydrometer.lab.simulate.scenario import CrowdPhrasebook, Salt

NUMBER_BITS = 48
NUMBERS = 1 << NUMBER_BITS
NONE = -1
"""The reference to no text: no system prompt, or a prompt that is the task alone."""


@dataclass(frozen=True, slots=True)
class TextSource:
    """Numbered texts of one sort; with `size` 0 there is no end of them, else the numbers are below it.

    `kind` tells what the texts are: `task`, `foreign` (tasks, at times in another language than English), `template`
    (may hold `{task}`), `fixed`, `demand`, `wording` (demands without end) or `filling`. With `distinct` no two of its references stand for the same text within a shard.
    """

    name: str
    kind: str
    size: int
    write: Callable[[int], str]
    distinct: bool = False
    language: str = ""
    """The language that the texts are all in; empty where they are in English or in any."""
    stand_in: int = NONE
    """The source whose texts stand for these where none is written: of distinct ones tasks by anybody, where none is named."""


class TextCatalogue:
    """All text sources of one world. They are numbered as they are asked for: references do not leave the process."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._dice = NumberedDice()
        self._popular = make_popular_prompts(Dice(np.random.default_rng([seed, 1])))
        self.corpus = Corpus(self._dice, [(tongue, share) for share, _, tongue in COUNTRIES.values()])
        self.sources: list[TextSource] = []
        self._source_numbers: dict[str, int] = {}

    def tasks(self, tongue: str = "", *, topic: str = "", sweep: str = "") -> int:
        """Return the source of tasks by who speaks `tongue`, or by anybody; `sweep` names a work list without repeats."""
        name = f"task {tongue} {topic} {sweep}"
        kind = "task" if tongue in ("", "en") else "foreign"
        return self._add_endless(name, kind, lambda: self.corpus.task(topic, tongue), distinct=bool(sweep))

    def native_tasks(self, language: str, *, sweep: str = "") -> int:
        """Return the source of tasks most of which are in a language; `sweep` names a work list without repeats."""
        plain = self._add_endless(f"native {language}", "foreign", lambda: self.corpus.native_task(language))
        return (
            self._add_endless(
                f"native {language} {sweep}",
                "foreign",
                lambda: self.corpus.native_task(language),
                distinct=True,
                stand_in=plain,
            )
            if sweep
            else plain
        )

    def popular(self) -> int:
        """Return the source of prompts that people pass on; the first are the most popular."""
        return self._add_finite("popular", "task", self._popular)

    def templates(self, rule: str) -> int:
        """Return the source of texts of a rule of `templates`."""
        return self._add_endless(f"template {rule}", "template", lambda: make_honest_template(rule, self._dice))

    def crowd_templates(self, rule: str, book: CrowdPhrasebook) -> int:
        """Return the source of texts of a rule of a phrasebook of crowds."""
        name = f"crowd template {book} {rule}"
        return self._add_endless(name, "template", lambda: make_crowd_template(rule, book, self._dice))

    def crowd_slots(self, rule: str, book: CrowdPhrasebook) -> int:
        """Return the source of short texts of a rule of a phrasebook of crowds, which stand in a template's slot."""
        name = f"crowd slot {book} {rule}"
        return self._add_endless(name, "filling", lambda: make_crowd_template(rule, book, self._dice))

    def fillings(self, rule: str) -> int:
        """Return the source of answers, traces and the like that a demand has room for."""
        return self._add_endless(f"filling {rule}", "filling", lambda: self.corpus.text(rule))

    def fixed_text(self, text: str) -> int:
        """Return the reference to this very text."""
        return self._add_finite(f"fixed {text}", "fixed", (text,)) << NUMBER_BITS

    def make_demands(
        self, kind: str, count: int, tool: str, style: DemandStyle = USUAL_STYLE
    ) -> tuple[IntArray, IntArray]:
        """Return the references to (prompt, system prompt or NONE) of each of `make_demand_templates`."""
        name = f"{kind} {count} {tool} {style.reworded} {style.system} {style.book} {style.frame} {style.language}"
        if f"demand {name}" not in self._source_numbers:
            made = make_demand_templates(kind, count, tool, style)
            self._add_finite(f"demand {name}", "demand", tuple(w.prompt for w in made), style.language)
            if style.system:
                self._add_finite(f"persona {name}", "demand", tuple(w.system or "" for w in made), style.language)
        numbers = np.arange(self.sources[self._source_numbers[f"demand {name}"]].size, dtype=np.int64)
        prompts = (self._source_numbers[f"demand {name}"] << NUMBER_BITS) | numbers
        personas = (
            (self._source_numbers[f"persona {name}"] << NUMBER_BITS) | numbers
            if style.system
            else np.full_like(numbers, NONE)
        )
        return prompts, personas

    def fresh_demands(self, kind: str, tool: str, style: DemandStyle, salt: Salt = "") -> int:
        """Return the source of demands of a kind each of which is worded afresh; no two of a shard are the same."""

        def write() -> str:
            text = compose_demand(kind, style, self._dice)
            return salt_demand(text, salt, self._dice) if salt else text

        name = f"fresh {kind} {tool} {style.book} {style.frame} {style.language} {salt}"
        own = self._source_numbers.get(name, len(self.sources))
        return self._add_endless(name, "wording", write, distinct=True, language=style.language, stand_in=own)

    def salt_demands(self, demands: IntArray, salt: Salt, rng: np.random.Generator, which: IntArray) -> IntArray:
        """Return references to those of `demands` that `which` names, each salted afresh."""
        source = int(demands[0]) >> NUMBER_BITS
        base, count = self.sources[source], len(demands)
        name = f"salted {base.name} {salt}"
        if name not in self._source_numbers:
            first = self._derive_salt(name)

            def write(number: int) -> str:
                self._dice.restart(first + number)
                return salt_demand(base.write(number % count), salt, self._dice)

            self._add_source(TextSource(name, "wording", 0, write, language=base.language))
        numbers = rng.integers(0, NUMBERS // count, len(which), dtype=np.int64) * count + which
        return (self._source_numbers[name] << NUMBER_BITS) | numbers

    def draw(self, source: int, rng: np.random.Generator, count: int) -> IntArray:
        """Return `count` references into a source, all texts alike."""
        size = self.sources[source].size or NUMBERS
        return (source << NUMBER_BITS) | rng.integers(0, size, count, dtype=np.int64)

    def text(self, reference: int) -> str:
        """Return the text of a reference."""
        return self.sources[reference >> NUMBER_BITS].write(reference & (NUMBERS - 1))

    def fill_template(self, template: PromptTemplate, task: str, number: int) -> str:
        """Return the prompt with the task; answers and traces follow from the number."""
        if template.blanks:
            self._dice.restart(number)
        return template.fill(task, self.corpus)

    def _add_finite(self, name: str, kind: str, texts: tuple[str, ...], language: str = "") -> int:
        return self._add_source(TextSource(name, kind, len(texts), texts.__getitem__, language=language))

    def _derive_salt(self, name: str) -> int:
        """Return from where the draws of a source's texts begin."""
        return int.from_bytes(sha256(f"{self._seed} {name}".encode()).digest()[:8], "big") << NUMBER_BITS

    def _add_endless(self, name: str, kind: str, write: Callable[[], str], **traits: Any) -> int:
        if name in self._source_numbers:
            return self._source_numbers[name]
        first = self._derive_salt(name)

        def numbered(number: int) -> str:
            self._dice.restart(first + number)
            return write()

        return self._add_source(TextSource(name, kind, 0, numbered, **traits))

    def _add_source(self, source: TextSource) -> int:
        if source.name not in self._source_numbers:
            self._source_numbers[source.name] = len(self.sources)
            self.sources.append(source)
        return self._source_numbers[source.name]
