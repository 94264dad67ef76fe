"""What a room exports is listed once, imported when it is needed, and never hidden by a module."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from hydrometer.exports import export_lazily, keep_exports, read_exports

if TYPE_CHECKING:
    from pathlib import Path

INIT = """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter as Counter
    from collections import deque
    from fractions import Fraction as Ratio
    from export_room.late_part import late_value as late_value
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
"""


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "export_room"
    folder.mkdir()
    (folder / "__init__.py").write_text(INIT, "utf-8")
    (folder / "late_part.py").write_text("late_value = object()\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("export_room", "export_room.late_part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder / "__init__.py"


def test_only_names_imported_as_themselves_are_exported(room: Path) -> None:
    assert read_exports(str(room)) == {"Counter": "collections", "late_value": "export_room.late_part"}


def test_a_module_is_imported_when_its_name_is_asked_for(room: Path) -> None:
    import export_room  # type: ignore[import-not-found]  # made by the fixture

    assert export_room.__all__ == ["Counter", "late_value"]
    assert "export_room.late_part" not in sys.modules
    value = export_room.late_value
    assert "export_room.late_part" in sys.modules
    assert vars(export_room)["late_value"] is value
    assert {"Counter", "late_value", "__name__"} <= set(dir(export_room))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = export_room.nothing


def test_a_name_of_a_module_is_refused(room: Path) -> None:
    (room.parent / "late_value.py").touch()
    with pytest.raises(ImportError, match="names of its own modules: late_value"):
        export_lazily("export_room", str(room))


def test_exports_are_read_where_an_import_is_wrapped(room: Path) -> None:
    wrapped = "    from export_room.late_part import (\n        late_value as late_value,\n    )\n"
    room.write_text(INIT.replace("    from export_room.late_part import late_value as late_value\n", wrapped), "utf-8")
    assert read_exports(str(room)) == {"Counter": "collections", "late_value": "export_room.late_part"}


def test_a_subpackage_takes_the_place_of_no_export(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (room.parent / "late_value").mkdir()
    (room.parent / "late_value" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "export_room.late_value", raising=False)
    package = importlib.import_module("export_room")
    keep_exports("export_room")
    importlib.import_module("export_room.late_value")
    importlib.import_module("export_room.late_part")
    assert not isinstance(package.late_value, ModuleType)
    assert isinstance(package.late_part, ModuleType)
