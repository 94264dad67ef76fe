"""A page read back: its elements, its tables and its drawings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input"}


@dataclass
class Node:
    """An element with its children, in order."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, tag: str, class_: str = "") -> list[Node]:
        found = []
        for child in self.children:
            if isinstance(child, Node):
                if child.tag == tag and (not class_ or class_ in child.attributes.get("class", "").split()):
                    found.append(child)
                found += child.all(tag, class_)
        return found

    def one(self, tag: str, class_: str = "") -> Node:
        found = self.all(tag, class_)
        assert len(found) == 1, f"{len(found)} {tag}.{class_}"
        return found[0]

    def by_id(self, id_: str) -> Node:
        found = [node for node in self.everything() if node.attributes.get("id") == id_]
        assert len(found) == 1, f"{len(found)} with id {id_}"
        return found[0]

    def everything(self) -> list[Node]:
        own = [child for child in self.children if isinstance(child, Node)]
        return own + [deeper for child in own for deeper in child.everything()]

    def rows(self) -> list[list[str]]:
        return [[cell.text for cell in row.all("td")] for row in self.one("tbody").all("tr")]

    def part(self, title: str) -> Node:
        """Return the inner section under a heading that begins with `title`."""
        for section in self.all("section"):
            heading = next((child for child in section.children if isinstance(child, Node)), None)
            if heading is not None and heading.tag in {"h2", "h3"} and heading.text.startswith(title):
                return section
        raise AssertionError(f"no section {title}")

    def facts(self) -> dict[str, str]:
        return {
            pair.one("dt").text: pair.one("dd").text for pair in self.all("div") if pair.children and pair.all("dt")
        }


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(page: str) -> Node:
    """Parse a page; every element must be closed in its turn."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


def drawings(page: str) -> list[str]:
    """Return the text of every drawing."""
    return re.findall(r"<svg\b.*?</svg>", page, flags=re.DOTALL)
