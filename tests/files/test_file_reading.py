"""Small files, and what is said of those that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hydrometer.contract import InputError
from hydrometer.files import read_bytes, read_text, read_toml, read_toml_or_yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    "read",
    [
        lambda file: read_bytes(file, mend="Name one."),
        lambda file: read_text(file, mend="Name one."),
        lambda file: read_toml_or_yaml(file, mend="Name one.", valid="See the docs."),
    ],
)
def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(InputError, match=r"a\.toml: cannot be read: No such file or directory\. Name one\."):
        read(tmp_path / "a.toml")


def test_a_file_that_is_not_there_may_have_a_problem_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is missing. Write it"):
        read_bytes(tmp_path / "a", mend="Write it.", missing="is missing")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xff")
    with pytest.raises(InputError, match="no UTF-8 text"):
        read_text(file, mend="Name one.")
    with pytest.raises(InputError, match="neither TOML nor YAML"):
        read_toml_or_yaml(file, mend="Name one.", valid="See the docs.")


def test_toml_and_yaml_say_the_same(tmp_path: Path) -> None:
    toml, yaml = tmp_path / "a.toml", tmp_path / "a.yml"
    toml.write_text("a = [1, 2]\n")
    yaml.write_text("a: [1, 2]\n")
    assert read_toml(toml, mend="Name one.", valid="See the docs.") == {"a": [1, 2]}
    assert read_toml_or_yaml(toml, mend="", valid="") == read_toml_or_yaml(yaml, mend="", valid="") == {"a": [1, 2]}
    toml.write_text("a = [1,\n")
    with pytest.raises(InputError, match=r"not TOML: .*See the docs"):
        read_toml(toml, mend="Name one.", valid="See the docs.")
