"""Where the words of a sample come from: the files of this folder, or one language's file in `languages/`.

A line of a language's file is `$name: v | w`, a value as in the other files; `CLASS: skeleton`, a demand; `none KIND:
skeleton`, an ordinary request; or `material KIND: text`, what is poured in. All are written for this training.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES

Values = dict[str, list[str]]
"""What may stand for a `{name}`."""
_NONE_LINE = re.compile(r"(\w+)(@?)(~?): (.*)", re.DOTALL)


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


@dataclass(frozen=True, slots=True)
class PhrasingSource:
    """Skeletons and what fills them; `language` is empty for the general files, which are mostly English."""

    language: str
    shared: Values
    material: dict[str, list[str]]
    skeletons: dict[str, list[list[DemandSkeleton]]]
    """Of each class, one list a file."""
    requests: list[list[OrdinaryRequest]]
    """One list a file."""

    def count_skeletons(self) -> dict[str, int]:
        """Return the number of skeletons of each class."""
        return {"none": sum(map(len, self.requests))} | {
            name: sum(map(len, skeleton_lists)) for name, skeleton_lists in self.skeletons.items()
        }


def read_request(line: str, values: Values) -> OrdinaryRequest:
    """Return the ordinary request of a line; raises ValueError where it has no kind."""
    match = _NONE_LINE.fullmatch(line)
    if match is None or match[1] not in CAPABILITY_CLASSES:
        raise ValueError(f"an ordinary request has no kind: {line!r}")
    kind, system, near, text = match.groups()
    return OrdinaryRequest(text, values, kind, bool(system), bool(near))


def read_languages() -> list[PhrasingSource]:
    """Return the source of each language that has a file, by code.

    Raises:
        ValueError: a line is none of those that a file may hold.
    """
    folder = files(__package__) / "languages"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".txt"))
    return [_parse_language(name.removesuffix(".txt"), (folder / name).read_text("utf-8")) for name in names]


def _parse_language(code: str, text: str) -> PhrasingSource:
    values: Values = {}
    material: dict[str, list[str]] = {}
    demands: dict[str, list[DemandSkeleton]] = {name: [] for name in ELICITATION_CLASSES[1:]}
    requests: list[OrdinaryRequest] = []
    for line in text.splitlines():
        head, _, rest = line.partition(": ")
        if not line or line.startswith("# "):
            continue
        if line.startswith("$"):
            values[head[1:]] = [value.strip() for value in rest.split(" | ")]
        elif head in demands:
            demands[head].append(DemandSkeleton(rest, values))
        elif line.startswith("none "):
            requests.append(read_request(line.removeprefix("none "), values))
        elif line.startswith("material "):
            material.setdefault(head.removeprefix("material "), []).append(rest)
        else:
            raise ValueError(f"languages/{code}.txt: what is {line!r}?")
    return PhrasingSource(code, values, material, {name: [lines] for name, lines in demands.items()}, [requests])
