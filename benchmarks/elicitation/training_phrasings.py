"""Phrasings of demands and of ordinary requests, expanded from the text files beside this module.

A class has its file, `<class>.txt`, and may have more, `<class>.*.txt`; each file is drawn from as often as the
others. A line of a file is a skeleton. `[a|b]` is one of a, b; `{name}` is one of the values that a `$name: v | w`
line of the same file, or of frames.txt or material.txt, gives, or a line of material.txt or bodies.txt of that kind;
`{n}` is a number. Skeletons and values each belong to one of FOLDS parts by a checksum of their text, so that a part
can be held out whole.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from elicitation.language_phrasings import (
    DemandSkeleton,
    PhrasingSource,
    Values,
    read_languages,
    read_request,
)
from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES

if TYPE_CHECKING:
    import random

FOLDS = 4
_CHOICE = re.compile(r"\[([^\[\]\"]*\|[^\[\]\"]*)\]")
_NAME = re.compile(r"\{(\w+)\}")

_LANGUAGE_SHARE = 0.35
"""Share of samples that are drawn from the file of one language, each as often."""
_OWN_SHARE = 0.75
"""How often a sample of a language is poured full of that language's own material, where there is some of the kind."""
_GLUE = "the of and to in a is that for it with as on was by at from or an be this which are not but have has"
_RULES = (0, 0, 1, 2, 3, 4, 6, 9)
"""How many rules a text gets."""
_JOINTS = ("\nAnswer: ", "\n\nResponse:\n", "\n", "\n### Output\n", "\nA: ")
_POURED = {
    "reasoning_trace": ("maths", "code", "analysis", "knowledge", "analysis", "maths", "tools", "vision"),
    "finished_answer_trace": ("maths", "knowledge", "analysis", "code"),
    "grading": ("maths", "knowledge", "writing", "code", "chat", "translation"),
    "trace_cleaning": ("maths", "code", "analysis"),
    "agentic_trajectory": ("tools", "code", "code", "analysis"),
    "synthetic_generation": ("maths", "code", "writing", "knowledge", "chat"),
    "restricted_rewriting": ("knowledge", "chat", "writing"),
    "hidden_reasoning_probe": ("chat", "maths", "code", "knowledge"),
}


@dataclass(frozen=True, slots=True)
class PhrasingParts:
    """Which parts of the grammar may be drawn from."""

    skeletons: frozenset[int]
    values: frozenset[int]

    @classmethod
    def all_but(cls, part: int | None) -> PhrasingParts:
        """Return everything but one part, of skeletons and of values."""
        left = frozenset(range(FOLDS)) - {part}
        return cls(left, left)


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """A made exchange; `capability` is -1 where nothing shows it. `near` marks a near miss."""

    system: str | None
    prompt: str
    elicitation: int
    capability: int
    near: bool
    skeleton: str
    language: str
    """Code of the language whose file it is from; empty for the general files."""


def assign_part(text: str) -> int:
    """Return the part that a skeleton or value belongs to."""
    return zlib.crc32(text.encode()) % FOLDS


class TrainingPhrasings:
    """All phrasings; `draw_demand` and `draw_ordinary` draw exchanges with some parts left out or alone let in."""

    def __init__(self) -> None:
        frames, _ = _read_phrasings("frames")
        material_values, material_lines = _read_phrasings("material")
        _, bodies = _read_phrasings("bodies")
        material: dict[str, list[str]] = {}
        for line in material_lines + bodies:
            kind, text = line.split(": ", 1)
            material.setdefault(kind, []).append(text)
        self.general = PhrasingSource(
            "",
            frames | material_values,
            material,
            {
                name: [[DemandSkeleton(line, values) for line in lines] for values, lines in _read_class_files(name)]
                for name in ELICITATION_CLASSES[1:]
            },
            [[read_request(line, values) for line in lines] for values, lines in _read_class_files("none")],
        )
        self.languages = read_languages()

    def count_skeletons(self) -> dict[str, int]:
        """Return the number of skeletons of each class in the general files, and of each language."""
        return self.general.count_skeletons() | {
            source.language: sum(source.count_skeletons().values()) for source in self.languages
        }

    def _draw_source(self, rng: random.Random) -> PhrasingSource:
        return rng.choice(self.languages) if rng.random() < _LANGUAGE_SHARE else self.general

    def draw_demand(self, rng: random.Random, name: str, parts: PhrasingParts) -> TrainingSample:
        """Draw one exchange that carries a demand of class `name`."""
        source, skeletons = self.general, list[DemandSkeleton]()
        while not skeletons:  # a language has few of a class, perhaps none in one part
            source = self._draw_source(rng)
            lines = rng.choice(source.skeletons[name])
            skeletons = [line for line in lines if assign_part(line.text) in parts.skeletons]
        first = rng.choice(skeletons)
        chosen = [first]
        while rng.random() < 0.3 and len(chosen) < 3:
            chosen.insert(rng.randrange(len(chosen) + 1), rng.choice(skeletons))
        sentences = [self._fill_slots(rng, source, line.text, line.values, parts) for line in chosen]
        skeleton = first.text
        if skeleton.isascii() or source.language:
            sentences = self._frame_sentences(rng, source, sentences, parts)
        text = rng.choice((" ", " ", "\n")).join(sentences)
        if not skeleton.isascii() and any("一" <= sign <= "鿿" for sign in skeleton):
            text = text.replace("\n", "")
        if rng.random() < 0.4:
            text = self._add_rules(rng, source, text, parts)
        kind = rng.choice(_POURED[name])
        slot = self._draw_material(rng, source, name, kind, parts)
        system: str | None = None
        style = rng.random()
        if style < 0.35:
            system, prompt = text, slot
        elif style < 0.65:
            prompt = f"{text}\n\n{slot}"
        elif style < 0.85:
            prompt = f"{slot}\n\n{text}"
        else:
            prompt = text
        if system is None and rng.random() < 0.25:
            system = self._draw_application(rng, source, parts)
        if rng.random() < 0.12:
            prompt, system = _loosen_style(prompt), None if system is None else _loosen_style(system)
        capability = CAPABILITY_CLASSES.index(kind) if style < 0.85 else -1
        return TrainingSample(
            system, prompt, ELICITATION_CLASSES.index(name), capability, False, skeleton, source.language
        )

    def draw_ordinary(self, rng: random.Random, parts: PhrasingParts) -> TrainingSample:
        """Draw one exchange without a demand."""
        source = self._draw_source(rng)
        request = rng.choice([r for r in rng.choice(source.requests) if assign_part(r.text) in parts.skeletons])
        body = self._draw_line(rng, source, request.capability, parts)
        filled = self._fill_slots(rng, source, request.text.replace("{body}", "\x00"), request.values, parts).replace(
            "\x00", body
        )
        if rng.random() < 0.5 and (request.text.isascii() or source.language):
            filled = " ".join(self._frame_sentences(rng, source, [filled], parts))
        if request.system:
            system: str | None = self._add_rules(rng, source, filled, parts)
            prompt = body if rng.random() < 0.7 else self._draw_context(rng, source, parts)
        else:
            system = self._draw_application(rng, source, parts) if rng.random() < 0.45 else None
            prompt = filled if rng.random() < 0.75 else f"{filled}\n\n{self._draw_context(rng, source, parts)}"
        if rng.random() < 0.12:
            prompt, system = _loosen_style(prompt), None if system is None else _loosen_style(system)
        return TrainingSample(
            system,
            prompt,
            0,
            CAPABILITY_CLASSES.index(request.capability),
            request.near,
            request.text,
            source.language,
        )

    def _frame_sentences(
        self, rng: random.Random, source: PhrasingSource, sentences: list[str], parts: PhrasingParts
    ) -> list[str]:
        framed = list(sentences)
        if rng.random() < 0.55:
            opening = self._draw_value(rng, source.shared["before"], parts)
            framed.insert(0, self._fill_slots(rng, source, opening, {}, parts))
        while rng.random() < 0.45:
            closing = self._fill_slots(rng, source, self._draw_value(rng, source.shared["after"], parts), {}, parts)
            framed.insert(rng.randrange(1, len(framed) + 1), closing)
        return framed

    def _draw_application(self, rng: random.Random, source: PhrasingSource, parts: PhrasingParts) -> str:
        requests = [r for r in rng.choice(source.requests) if r.system and assign_part(r.text) in parts.skeletons]
        if not requests:
            return self._draw_application(rng, self.general, parts)
        request = rng.choice(requests)
        return self._add_rules(rng, source, self._fill_slots(rng, source, request.text, request.values, parts), parts)

    def _add_rules(self, rng: random.Random, source: PhrasingSource, text: str, parts: PhrasingParts) -> str:
        """Add rules, as applications and demands both have them."""
        rules = [
            self._fill_slots(rng, source, self._draw_value(rng, source.shared["rule"], parts), {}, parts)
            for _ in range(rng.choice(_RULES))
        ]
        return rng.choice((" ", "\n", "\n- ")).join([text, *rules])

    def _draw_context(self, rng: random.Random, source: PhrasingSource, parts: PhrasingParts) -> str:
        kinds = ("document", "document", "document", "trace", "answer", "code", "analysis", "noise")
        return "\n\n".join(
            self._draw_line(rng, source, rng.choice(kinds), parts) for _ in range(rng.choice((1, 1, 1, 2, 4)))
        )

    def _draw_material(
        self, rng: random.Random, source: PhrasingSource, name: str, kind: str, parts: PhrasingParts
    ) -> str:
        """Return what a demand of class `name` is applied to."""
        label = self._draw_value(rng, source.shared["label"], parts) if rng.random() < 0.5 else ""
        question = self._draw_line(rng, source, kind, parts)
        if name in ("finished_answer_trace", "grading"):
            answer = self._draw_line(rng, source, rng.choice(("answer", "answer", "trace", "document")), parts)
            joint = rng.choice(("\n", "\n\n", "\nA: ") if source.language else _JOINTS)
            question = f"{question}{joint}{answer}"
        elif name == "trace_cleaning":
            trace = self._draw_line(rng, source, "trace", parts)
            question = f"{question}\n{trace}" if rng.random() < 0.5 else trace
        elif name == "synthetic_generation" and rng.random() < 0.6:
            question = self._draw_line(rng, source, "topic", parts)
        elif name == "restricted_rewriting":
            question = self._draw_line(rng, source, "sensitive", parts)
        elif name == "hidden_reasoning_probe" and rng.random() < 0.4:
            question = self._draw_line(rng, source, "blob", parts)
        elif rng.random() < 0.25:
            question = f"{question}\n{self._draw_context(rng, source, parts)}"
        return f"{label}\n{question}".strip()

    def _draw_line(self, rng: random.Random, source: PhrasingSource, kind: str, parts: PhrasingParts) -> str:
        if kind == "noise":
            return _make_noise(rng)
        own = kind in source.material and (not source.language or rng.random() < _OWN_SHARE)
        text = self._draw_value(rng, (source if own else self.general).material[kind], parts)
        return self._fill_slots(rng, source, text, {}, parts)

    def _draw_value(self, rng: random.Random, values: list[str], parts: PhrasingParts) -> str:
        inside = [value for value in values if assign_part(value) in parts.values]
        return rng.choice(inside or values)

    def _fill_slots(
        self, rng: random.Random, source: PhrasingSource, text: str, values: Values, parts: PhrasingParts
    ) -> str:
        def name(match: re.Match[str]) -> str:
            key = match[1]
            if key == "n":
                return str(rng.choice((2, 3, 4, 5, 7, 12, 16, 24, 60, 100, 365, 1999, 2024)))
            options = (
                values.get(key)
                or source.shared.get(key)
                or source.material.get(key)
                or self.general.shared.get(key)
                or self.general.material.get(key)
            )
            return match[0] if options is None else self._draw_value(rng, options, parts)

        for _ in range(4):
            before = text
            text = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
            text = _NAME.sub(name, text)
            if text == before:
                break
        return text.replace("\\n", "\n")


def _loosen_style(text: str) -> str:
    """Return a text as people in a hurry write it: no capitals, no full stops."""
    return text.lower().replace(". ", " ").replace(",", "")


def _make_noise(rng: random.Random) -> str:
    """Return made-up words among real function words: a text on a subject that the files do not know."""
    glue = _GLUE.split()
    sounds = ("ka", "lo", "mi", "ter", "shan", "ru", "ve", "pol", "ni", "go", "dra", "ses", "ing", "ly", "or", "un")
    words = [
        rng.choice(glue) if rng.random() < 0.45 else "".join(rng.choice(sounds) for _ in range(rng.choice((1, 2, 3))))
        for _ in range(rng.choice((20, 60, 150)))
    ]
    return " ".join(words)


def _read_phrasings(name: str) -> tuple[Values, list[str]]:
    """Return ($values, lines) of a file of phrasings."""
    values: Values = {}
    lines: list[str] = []
    for line in (files(__package__) / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("$"):
            key, _, rest = line[1:].partition(": ")
            values[key] = [value.strip() for value in rest.split(" | ")]
        elif line and not line.startswith("# "):
            lines.append(line)
    return values, lines


def _read_class_files(name: str) -> list[tuple[Values, list[str]]]:
    """Return the contents of all files of a class, `name.txt` and `name.*.txt`, each with values of its own."""
    file_names = sorted(item.name for item in files(__package__).iterdir() if item.name.endswith(".txt"))
    return [_read_phrasings(item.removesuffix(".txt")) for item in file_names if item.split(".")[0] == name]
