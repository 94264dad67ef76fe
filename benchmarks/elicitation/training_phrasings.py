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

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES

if TYPE_CHECKING:
    import random

FOLDS = 4
_NONE_LINE = re.compile(r"(\w+)(@?)(~?): (.*)", re.DOTALL)
_CHOICE = re.compile(r"\[([^\[\]\"]*\|[^\[\]\"]*)\]")
_NAME = re.compile(r"\{(\w+)\}")

_GLUE = "the of and to in a is that for it with as on was by at from or an be this which are not but have has"
_RULES = (0, 0, 1, 2, 3, 4, 6, 9)
"""How many rules a text gets."""
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


Values = dict[str, list[str]]
"""What may stand for a `{name}`."""


@dataclass(frozen=True, slots=True)
class DemandSkeleton:
    """A phrasing of a demand, with the values of its file."""

    text: str
    values: Values


@dataclass(frozen=True, slots=True)
class OrdinaryRequest:
    """A skeleton of an ordinary request."""

    text: str
    values: Values
    capability: str
    system: bool
    near: bool


def assign_part(text: str) -> int:
    """Return the part that a skeleton or value belongs to."""
    return zlib.crc32(text.encode()) % FOLDS


class TrainingPhrasings:
    """All phrasings; `draw_demand` and `draw_ordinary` draw exchanges with some parts left out or alone let in."""

    def __init__(self) -> None:
        self.frames, _ = _read_phrasings("frames")
        material_values, material = _read_phrasings("material")
        _, bodies = _read_phrasings("bodies")
        self.shared = self.frames | material_values
        self.material: dict[str, list[str]] = {}
        for line in material + bodies:
            kind, text = line.split(": ", 1)
            self.material.setdefault(kind, []).append(text)
        self.skeletons: dict[str, list[list[DemandSkeleton]]] = {
            name: [[DemandSkeleton(line, values) for line in lines] for values, lines in _read_class_files(name)]
            for name in ELICITATION_CLASSES[1:]
        }
        """Of each class, one list a file."""
        self.requests: list[list[OrdinaryRequest]] = []
        for values, lines in _read_class_files("none"):
            self.requests.append([])
            for line in lines:
                match = _NONE_LINE.fullmatch(line)
                if match is None or match[1] not in CAPABILITY_CLASSES:
                    raise ValueError(f"an ordinary request has no kind: {line!r}")
                kind, system, near, text = match.groups()
                self.requests[-1].append(OrdinaryRequest(text, values, kind, bool(system), bool(near)))

    def count_skeletons(self) -> dict[str, int]:
        """Return the number of skeletons of each class."""
        return {"none": sum(map(len, self.requests))} | {
            n: sum(map(len, skeleton_lists)) for n, skeleton_lists in self.skeletons.items()
        }

    def draw_demand(self, rng: random.Random, name: str, parts: PhrasingParts) -> TrainingSample:
        """Draw one exchange that carries a demand of class `name`."""
        skeletons = [line for line in rng.choice(self.skeletons[name]) if assign_part(line.text) in parts.skeletons]
        first = rng.choice(skeletons)
        chosen = [first]
        while rng.random() < 0.3 and len(chosen) < 3:
            chosen.insert(rng.randrange(len(chosen) + 1), rng.choice(skeletons))
        sentences = [self._fill_slots(rng, line.text, line.values, parts) for line in chosen]
        skeleton = first.text
        if skeleton.isascii():
            sentences = self._frame_sentences(rng, sentences, parts)
        text = rng.choice((" ", " ", "\n")).join(sentences)
        if not skeleton.isascii() and any("一" <= sign <= "鿿" for sign in skeleton):
            text = text.replace("\n", "")
        if rng.random() < 0.4:
            text = self._add_rules(rng, text, parts)
        kind = rng.choice(_POURED[name])
        slot = self._draw_material(rng, name, kind, parts)
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
            system = self._draw_application(rng, parts)
        if rng.random() < 0.12:
            prompt, system = _loosen_style(prompt), None if system is None else _loosen_style(system)
        capability = CAPABILITY_CLASSES.index(kind) if style < 0.85 else -1
        return TrainingSample(system, prompt, ELICITATION_CLASSES.index(name), capability, False, skeleton)

    def draw_ordinary(self, rng: random.Random, parts: PhrasingParts) -> TrainingSample:
        """Draw one exchange without a demand."""
        request = rng.choice([r for r in rng.choice(self.requests) if assign_part(r.text) in parts.skeletons])
        body = self._draw_line(rng, request.capability, parts)
        filled = self._fill_slots(rng, request.text.replace("{body}", "\x00"), request.values, parts).replace(
            "\x00", body
        )
        if rng.random() < 0.5 and request.text.isascii():
            filled = " ".join(self._frame_sentences(rng, [filled], parts))
        if request.system:
            system: str | None = self._add_rules(rng, filled, parts)
            prompt = body if rng.random() < 0.7 else self._draw_context(rng, parts)
        else:
            system = self._draw_application(rng, parts) if rng.random() < 0.45 else None
            prompt = filled if rng.random() < 0.75 else f"{filled}\n\n{self._draw_context(rng, parts)}"
        if rng.random() < 0.12:
            prompt, system = _loosen_style(prompt), None if system is None else _loosen_style(system)
        return TrainingSample(
            system, prompt, 0, CAPABILITY_CLASSES.index(request.capability), request.near, request.text
        )

    def _frame_sentences(self, rng: random.Random, sentences: list[str], parts: PhrasingParts) -> list[str]:
        framed = list(sentences)
        if rng.random() < 0.55:
            framed.insert(0, self._fill_slots(rng, self._draw_value(rng, self.shared["before"], parts), {}, parts))
        while rng.random() < 0.45:
            closing = self._fill_slots(rng, self._draw_value(rng, self.shared["after"], parts), {}, parts)
            framed.insert(rng.randrange(1, len(framed) + 1), closing)
        return framed

    def _draw_application(self, rng: random.Random, parts: PhrasingParts) -> str:
        requests = [r for r in rng.choice(self.requests) if r.system and assign_part(r.text) in parts.skeletons]
        request = rng.choice(requests)
        return self._add_rules(rng, self._fill_slots(rng, request.text, request.values, parts), parts)

    def _add_rules(self, rng: random.Random, text: str, parts: PhrasingParts) -> str:
        """Add rules, as applications and demands both have them."""
        rules = [
            self._fill_slots(rng, self._draw_value(rng, self.shared["rule"], parts), {}, parts)
            for _ in range(rng.choice(_RULES))
        ]
        return rng.choice((" ", "\n", "\n- ")).join([text, *rules])

    def _draw_context(self, rng: random.Random, parts: PhrasingParts) -> str:
        kinds = ("document", "document", "document", "trace", "answer", "code", "analysis", "noise")
        return "\n\n".join(self._draw_line(rng, rng.choice(kinds), parts) for _ in range(rng.choice((1, 1, 1, 2, 4))))

    def _draw_material(self, rng: random.Random, name: str, kind: str, parts: PhrasingParts) -> str:
        """Return what a demand of class `name` is applied to."""
        label = self._draw_value(rng, self.shared["label"], parts) if rng.random() < 0.5 else ""
        question = self._draw_line(rng, kind, parts)
        if name in ("finished_answer_trace", "grading"):
            answer = self._draw_line(rng, rng.choice(("answer", "answer", "trace", "document")), parts)
            joint = rng.choice(("\nAnswer: ", "\n\nResponse:\n", "\n", "\n### Output\n", "\nA: "))
            question = f"{question}{joint}{answer}"
        elif name == "trace_cleaning":
            question = (
                f"{question}\n{self._draw_line(rng, 'trace', parts)}"
                if rng.random() < 0.5
                else self._draw_line(rng, "trace", parts)
            )
        elif name == "synthetic_generation" and rng.random() < 0.6:
            question = self._draw_line(rng, "topic", parts)
        elif name == "restricted_rewriting":
            question = self._draw_line(rng, "sensitive", parts)
        elif name == "hidden_reasoning_probe" and rng.random() < 0.4:
            question = self._draw_line(rng, "blob", parts)
        elif rng.random() < 0.25:
            question = f"{question}\n{self._draw_context(rng, parts)}"
        return f"{label}\n{question}".strip()

    def _draw_line(self, rng: random.Random, kind: str, parts: PhrasingParts) -> str:
        if kind == "noise":
            return _make_noise(rng)
        text = self._draw_value(rng, self.material[kind], parts)
        return self._fill_slots(rng, text, {}, parts)

    def _draw_value(self, rng: random.Random, values: list[str], parts: PhrasingParts) -> str:
        inside = [value for value in values if assign_part(value) in parts.values]
        return rng.choice(inside or values)

    def _fill_slots(self, rng: random.Random, text: str, values: Values, parts: PhrasingParts) -> str:
        def name(match: re.Match[str]) -> str:
            key = match[1]
            if key == "n":
                return str(rng.choice((2, 3, 4, 5, 7, 12, 16, 24, 60, 100, 365, 1999, 2024)))
            options = values.get(key) or self.shared.get(key) or self.material.get(key)
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
