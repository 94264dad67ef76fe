"""An interruption leaves a readable folder that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from fixtures.detected_worlds import Labelled, Outcome, detected
from hydrometer.contract.result_records import RunRecord
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from pathlib import Path


class Interrupter:
    """Listens until a stage has advanced, then stops the work as Ctrl-C would."""

    def __init__(self, stage: str, *, at_once: bool = False) -> None:
        self._stage, self._at_once = stage, at_once
        self._now = ""

    def stage(self, name: str, total: int | None = None) -> None:
        self._now = name
        if self._at_once:
            self._stop()

    def advance(self, rows: int) -> None:
        self._stop()

    def note(self, message: str) -> None:
        """Ignore."""

    def _stop(self) -> None:
        if self._now == self._stage:
            raise KeyboardInterrupt


STAGES = ("read and fingerprint", "count shingles", "sort by account", "measure", "link and test", "show wordings")


@pytest.mark.parametrize("stage", STAGES)
def test_in_the_middle_of_a_stage(
    stage: str, small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    out = tmp_path / "result"
    with pytest.raises(KeyboardInterrupt):
        detected(small.folder, out, site_key, progress=Interrupter(stage))
    run = msgspec.json.decode((out / "run.json").read_bytes(), type=RunRecord)
    assert run.status == "interrupted"
    assert [entry.name for entry in run.stages] == list(STAGES[: STAGES.index(stage) + 1])
    left = ResultFolder.read(out)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in small_outcome.out.iterdir())
    if stage == "show wordings":
        assert [campaign.id for campaign in left.campaigns] == list(small_outcome.groups)
        assert left.members.equals(small_outcome.read().members)
        assert left.harvested.equals(small_outcome.read().harvested)
    else:
        assert left.campaigns == []
        assert left.members.num_rows == 0
    assert "interrupted" in (out / "report.html").read_text("utf-8")


def test_before_anything_was_read(small: Labelled, site_key: Path, tmp_path: Path) -> None:
    out = tmp_path / "result"
    with pytest.raises(KeyboardInterrupt):
        detected(small.folder, out, site_key, progress=Interrupter(STAGES[0], at_once=True))
    assert ResultFolder.read(out).run.status == "interrupted"


def test_a_later_run_completes_the_folder(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    out = tmp_path / "result"
    with pytest.raises(KeyboardInterrupt):
        detected(small.folder, out, site_key, progress=Interrupter("link and test"))
    outcome = detected(small.folder, out, site_key)
    assert outcome.run.status == "done"
    assert outcome.groups == small_outcome.groups
