"""What a room exports: the imports that its `__init__` shows to type checkers, made when a name is asked for.

A guard needs no detector and an exchange with partners no simulator: neither is imported, nor held in memory, before it
is used. The rest of the house imports from a room only what is listed there.

    if TYPE_CHECKING:
        from hydrometer.room.module import Name as Name
    else:
        from hydrometer.exports import export_lazily

        __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
"""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

TYPE_CHECKING = False
"""As type checkers read it; `typing` would take longer to import than all else that `import hydrometer` does."""

if TYPE_CHECKING:
    from collections.abc import Callable


def export_lazily(package: str, file: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` for the `__init__` of a package.

    Raises:
        ImportError: a name is that of a module of the package, which would take its place once it is imported.
    """
    homes = read_exports(file)
    # `pathlib` and `ast` take long to import too.
    modules = {name.removesuffix(".py") for name in os.listdir(os.path.dirname(file)) if name.endswith(".py")}  # noqa: PTH120, PTH208
    if shadowed := sorted(set(homes) & modules):
        raise ImportError(f"{package} exports names of its own modules: {', '.join(shadowed)}")

    def load_name(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return load_name, lambda: sorted({*vars(sys.modules[package]), *homes}), sorted(homes)


def read_exports(file: str) -> dict[str, str]:
    """Return the modules of the names that the `__init__` in `file` exports: those below `if TYPE_CHECKING`.

    It reads the form that is shown above, one module a statement, and no other.
    """
    with open(file, encoding="utf-8") as opened:  # noqa: PTH123 - see above
        text = opened.read()
    block = text.partition("\nif TYPE_CHECKING:\n")[2].partition("\nelse:\n")[0]
    homes: dict[str, str] = {}
    for statement in f"\n{block}".split("\n    from ")[1:]:
        module, _, names = statement.partition(" import ")
        for entry in names.strip("( ,)\n").split(","):
            name, _, exported = entry.strip().partition(" as ")
            if name == exported:
                homes[name] = module
    return homes


class ExportingModule(ModuleType):
    """A package whose exports no subpackage of the same name takes over.

    Importing the subsystem `hydrometer.fingerprint` would bind it in `hydrometer`, over the verb of that name.
    """

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute, but no module in the place of an export."""
        if name not in self.__all__ or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


def keep_exports(package: str) -> None:
    """Let no subpackage take the place of what `package` exports."""
    sys.modules[package].__class__ = ExportingModule
