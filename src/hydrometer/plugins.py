"""How plug-ins are found: signals, source formats, exchange formats, gateways and archetypes, all in one way.

A plug-in is a module with the members that its kind wants. Those of the house are the modules of a folder. Those of other
packages are named by an entry point of the kind's group, whose name is the plug-in's own name:

    [project.entry-points."hydrometer.signals"]
    odd_hours = "acme_plugins.odd_hours"

The built-in ones come first, by name, and then the others, by name, so that what is installed changes no order of the
house. Nothing here imports a plug-in before somebody loads its kind.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.metadata import EntryPoint, EntryPoints, SelectableGroups

ModuleT = TypeVar("ModuleT")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginKind(Generic[ModuleT]):
    """One kind of plug-in: where its modules are, and what each must have; `ModuleT` is the protocol of its modules."""

    noun: str
    """How messages call it."""
    group: str
    """The entry points that name those of other packages."""
    package: str
    """The folder of the built-in ones, with the folders below it."""
    members: Mapping[str, type]
    """What a module must have, by name, each with its class."""
    name_of: Callable[[ModuleT], str]
    """What a plug-in calls itself; no two of a kind share a name."""
    marker: str
    """The member without which a module of the folder is no plug-in but what plug-ins share."""
    optional: frozenset[str] = frozenset()
    """Modules of the folder that need an extra and are imported by whoever uses them."""


@dataclass(frozen=True, slots=True)
class Plugin(Generic[ModuleT]):
    """One plug-in that was loaded."""

    name: str
    module: ModuleT
    origin: str = ""
    """Distribution and version of the package that it came with; empty for a built-in one."""


def load_plugins(kind: PluginKind[ModuleT]) -> list[Plugin[ModuleT]]:
    """Return the built-in plug-ins of a kind by name, and after them those of other packages by name.

    Raises:
        InputError: a plug-in cannot be imported, lacks what its kind wants, or has a name that another has.
    """
    plugins = sorted(_load_builtin(kind), key=lambda plugin: plugin.name)
    owners = {plugin.name: "hydrometer itself" for plugin in plugins}
    for entry in list_entry_points(kind):
        origin = _describe_origin(entry)
        if entry.name in owners:
            raise InputError(
                f"the {kind.noun} {entry.name} of {origin} has the name of one of {owners[entry.name]}",
                mend="Uninstall one of the two, or give it another name.",
            )
        owners[entry.name] = origin
        plugins.append(Plugin(entry.name, _load_entry(kind, entry, origin), origin))
    return plugins


def list_plugin_names(kind: PluginKind[ModuleT]) -> frozenset[str]:
    """Return the names of a kind whose built-in plug-ins are called as their modules are; imports none of them."""
    folder = importlib.import_module(kind.package)
    return frozenset(info.name for info in pkgutil.iter_modules(folder.__path__)) | {
        entry.name for entry in list_entry_points(kind)
    }


def list_entry_points(kind: PluginKind[ModuleT]) -> list[EntryPoint]:
    """Return the entry points of a kind, by name."""
    entries = _read_entry_points(tuple(sys.path)).select(group=kind.group)
    return sorted(entries, key=lambda entry: (entry.name, _describe_origin(entry), entry.value))


@cache
def _read_entry_points(path: tuple[str, ...]) -> EntryPoints | SelectableGroups:  # noqa: ARG001 -- what the answer depends on
    """Return the entry points of all packages on the import path, read once: their metadata takes milliseconds."""
    return entry_points()


def _load_builtin(kind: PluginKind[ModuleT]) -> Iterator[Plugin[ModuleT]]:
    folder = importlib.import_module(kind.package)
    left_out = {f"{kind.package}.{name}" for name in kind.optional}
    for info in pkgutil.walk_packages(folder.__path__, f"{kind.package}."):
        if info.name not in left_out:
            module = importlib.import_module(info.name)
            if hasattr(module, kind.marker):
                plugin = _check_members(kind, module, info.name)
                yield Plugin(kind.name_of(plugin), plugin)


def _load_entry(kind: PluginKind[ModuleT], entry: EntryPoint, origin: str) -> ModuleT:
    label = f"the {kind.noun} {entry.name} of {origin}"
    try:
        module = entry.load()
    except (ImportError, SyntaxError, AttributeError) as error:
        raise InputError(
            f"{label} cannot be imported: {type(error).__name__}: {error}",
            mend=f"Mend or uninstall the package; its entry point names {entry.value}.",
        ) from error
    plugin = _check_members(kind, module, label)
    if (name := kind.name_of(plugin)) != entry.name:
        raise InputError(
            f"{label} calls itself {name}", mend=f"Name its entry point in the group {kind.group} {name} too."
        )
    return plugin


def _check_members(kind: PluginKind[ModuleT], module: Any, label: str) -> ModuleT:
    """Return a module that has what its kind wants; raises InputError for one that has not."""
    missing = [name for name in kind.members if not hasattr(module, name)]
    wrong = [
        f"{name} that is no {wanted.__name__}"
        for name, wanted in kind.members.items()
        if name not in missing and not isinstance(getattr(module, name), wanted)
    ]
    if missing or wrong:
        faults = [f"no {name}" for name in missing] + [f"a {text}" for text in wrong]
        raise InputError(
            f"{label} has {', '.join(faults)}", mend=f"What a {kind.noun} must have is in docs/plugins.md."
        )
    return cast("ModuleT", module)


def _describe_origin(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value
