"""YAML as plain values that remember their lines, so that every problem of a policy can say where it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_BYTES = 1 << 20
"""A larger file is no policy that a person has read."""

NodePath = tuple[str | int, ...]
"""The way to a value: keys and positions from the top."""


@dataclass(frozen=True, order=True)
class PolicyProblem:
    """A problem of a policy file, or something worth knowing."""

    line: int
    column: int
    what: str
    mend: str = field(compare=False)
    note: bool = field(default=False, compare=False)
    """It is worth knowing, and the policy can be used."""


@dataclass
class YamlTree:
    """The values of a file, and where each of them begins."""

    value: Any = None
    positions: dict[NodePath, tuple[int, int]] = field(default_factory=dict)
    """Line and column, from 1, of each value; of a mapping's entry the position of its key."""
    scalars: dict[NodePath, tuple[int, int, str]] = field(default_factory=dict)
    """Of each text: line and column at which it begins, and its style (a quote, `|`, `>`, or nothing)."""
    problems: list[PolicyProblem] = field(default_factory=list)

    def add_problem(self, path: NodePath, what: str, mend: str, *, note: bool = False) -> None:
        """Add a problem at the value that `path` leads to, or at what is nearest above it."""
        self.problems.append(PolicyProblem(*self.locate(path), what, mend, note))

    def locate(self, path: NodePath) -> tuple[int, int]:
        """Return line and column of `path`, or of what is nearest above it."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (1, 1))


def read_tree(text: str, texts: frozenset[str], free: frozenset[str]) -> YamlTree:
    """Return the values of a YAML document.

    Values of keys in `texts` stay as they are written (`off`, `true` and `2026` too); below keys in `free`, every value
    is what YAML makes of it. Times stay texts.
    """
    tree = YamlTree()
    if len(text) > MOST_BYTES:
        tree.add_problem((), f"is larger than {MOST_BYTES >> 20} MB", "Split the policy.")
        return tree
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = f"is no YAML: {error.problem or error.context}"
        tree.problems.append(
            PolicyProblem(line, column, what, "Mend the line; quote a text that holds `: ` or begins with a sign.")
        )
        return tree
    except yaml.YAMLError as error:
        tree.add_problem((), f"is no YAML: {str(error).splitlines()[0]}", "Save the file as plain UTF-8 text.")
        return tree
    if root is None:
        tree.add_problem((), "is empty", "Begin with `version: 1`; `hydrometer policy show` prints an example.")
        return tree
    _TreeBuilder(tree, texts, free).build(root, (), free_below=False)
    return tree


class _TreeBuilder:
    """The reader of one document into its tree: values, the line of each, and what is wrong."""

    def __init__(self, tree: YamlTree, texts: frozenset[str], free: frozenset[str]) -> None:
        self._tree, self._texts, self._free = tree, texts, free
        self._visited: set[int] = set()

    def build(self, node: yaml.Node, path: NodePath, *, free_below: bool) -> None:
        """Read the document below `node`."""
        self._tree.value = self._value(node, path, free_below=free_below)

    def _value(self, node: yaml.Node, path: NodePath, *, free_below: bool) -> Any:
        tree = self._tree
        tree.positions.setdefault(path, _locate_node(node))
        if id(node) in self._visited:
            # Aliases of aliases grow without bound, and a policy is read by people.
            tree.add_problem(path, "refers to another part of the file", "Write it out; `*name` is not read.")
            return None
        self._visited.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, free_below=free_below)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(each, (*path, n), free_below=free_below) for n, each in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode):
            raise TypeError(f"no node of YAML: {node!r}")
        tree.scalars[path] = (*_locate_node(node), node.style or "")
        raw = not free_below and path and path[-1] in self._texts
        return str(node.value) if raw and node.tag != "tag:yaml.org,2002:null" else self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: NodePath, *, free_below: bool) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                self._tree.problems.append(
                    PolicyProblem(*_locate_node(key), "has a key that is no text", "Write a name before the colon.")
                )
                continue
            name, below = str(key.value), (*path, str(key.value))
            if name in entries:
                self._tree.problems.append(
                    PolicyProblem(*_locate_node(key), f"says `{name}` twice", "Keep one of them.")
                )
                continue
            self._tree.positions[below] = _locate_node(key)
            entries[name] = self._value(value, below, free_below=free_below or name in self._free)
        return entries

    def _scalar(self, node: yaml.Node, path: NodePath) -> Any:
        kind = node.tag.rpartition(":")[2]
        text = str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in {"true", "yes", "on"}
        if kind in {"int", "float"}:
            plain = text.replace("_", "")
            try:
                return int(plain, 0) if kind == "int" else float(plain)
            except ValueError:
                self._tree.add_problem(path, f"`{text}` is no plain number", "Write it in digits.")
                return None
        if kind not in {"str", "timestamp"}:
            self._tree.add_problem(path, f"has a value of the kind {kind}", "Use texts, numbers, true and false only.")
            return None
        return text


def _locate_node(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
