"""Tables on standard output: numbers on the right, nothing cut in a pipe, nothing that a terminal obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.cli.output.console_tables import build_table, open_console, print_line

if TYPE_CHECKING:
    import pytest


def test_words_stand_on_the_left_and_numbers_on_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    open_console().print(build_table(("name", "number"), [("a", "1"), ("bcde", "1,000")], {"name"}))
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines() if "─" not in line] == [
        "name  number",
        "a          1",
        "bcde   1,000",
    ]


def test_a_pipe_gets_every_line_whole(capsys: pytest.CaptureFixture[str]) -> None:
    console = open_console()
    print_line(console, "x" * 3_000)
    console.print(build_table(("name",), [("y" * 900,)], {"name"}))
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "x" * 3_000
    assert shown[-1].rstrip() == "y" * 900


def test_cells_and_lines_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console = open_console()
    print_line(console, "[red]\x1b[31m\u202e")
    console.print(build_table(("name",), [("[b]\x1b\ue000",)], {"name"}))
    shown = capsys.readouterr().out
    assert "[red]\\x1b[31m\\u202e" in shown
    assert "[b]\\x1b\\ue000" in shown
