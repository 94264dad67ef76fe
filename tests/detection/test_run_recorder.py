"""The account that a run keeps of itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace as but

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import CampaignSettings, Settings
from hydrometer.contract.timestamps import micros_to_datetime
from hydrometer.detection.run_recorder import RunRecorder, read_peak_memory_mb
from hydrometer.detection.signals.signal import find_signals

EVERY = frozenset(f"{table.name}.{name}" for table in (EXCHANGES, ACCOUNTS) for name in table.names)


LEFT_OUT = CampaignSettings(without=["identity", "content"])


class Listener(SilentProgress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int | None]] = []

    def stage(self, name: str, total: int | None = None) -> None:
        self.told.append((name, total))

    def advance(self, rows: int) -> None:
        self.told.append(("rows", rows))


class Stopping(SilentProgress):
    """Stops whoever advances."""

    def advance(self, rows: int) -> None:
        raise KeyboardInterrupt


def test_stages_are_timed_and_their_rows_counted_apart() -> None:
    listener = Listener()
    account = RunRecorder(Settings(), listener)
    with account.stage("first", 10):
        account.advance(4)
        account.advance(6)
    with account.stage("second"):
        sum(range(2_000_000))
    stages = account.build_run("done").stages
    assert stages[1].cpu_seconds > 0
    assert [(stage.name, stage.rows) for stage in stages] == [("first", 10), ("second", 0)]
    assert all(stage.seconds >= 0 and stage.peak_memory_mb > 1 for stage in stages)
    assert listener.told == [("first", 10), ("rows", 4), ("rows", 6), ("second", None)]


def test_a_stage_that_fails_is_in_the_account_too() -> None:
    account = RunRecorder(Settings(), Stopping())
    with pytest.raises(KeyboardInterrupt), account.stage("cut short"):
        account.advance(3)
    run = account.build_run("interrupted")
    assert [(stage.name, stage.rows) for stage in run.stages] == [("cut short", 3)]
    assert run.status == "interrupted"
    assert (run.first_exchange, run.last_exchange) == (None, None)


def test_optional_columns_without_a_value_are_absent() -> None:
    account = RunRecorder(Settings(), SilentProgress())
    account.record_absent_columns(EVERY - {"exchanges.ja4", "accounts.plan", "exchanges.prompt"}, texts=True)
    assert sorted(account.build_run("done").absent_columns) == ["accounts.plan", "exchanges.ja4", "exchanges.prompt"]


def test_texts_are_not_missed_where_fingerprints_stand_for_them() -> None:
    account = RunRecorder(Settings(), SilentProgress())
    account.record_absent_columns(
        EVERY - {"exchanges.prompt", "exchanges.system_prompt", "exchanges.turns"}, texts=False
    )
    assert account.build_run("done").absent_columns == ["exchanges.turns"]


def test_needed_columns_are_never_called_absent() -> None:
    account = RunRecorder(Settings(), SilentProgress())
    account.record_absent_columns(frozenset(), texts=True)
    absent = set(account.build_run("done").absent_columns)
    assert absent == {
        f"{table.name}.{column.name}"
        for table in (EXCHANGES, ACCOUNTS)
        for column in table.columns
        if not column.needed
    }


def test_a_signal_is_off_for_want_of_a_column_and_only_then() -> None:
    every = find_signals()
    account = RunRecorder(Settings(), SilentProgress())
    assert account.select_signals(every, EVERY).active == every
    assert account.build_run("done").signals_off == []
    on = account.select_signals(every, EVERY - {"exchanges.client_ip"}).active
    off = {each.signal: each.why for each in account.build_run("done").signals_off}
    assert off
    assert {signal.name for signal in on} | off.keys() == {signal.name for signal in every}
    assert not {signal.name for signal in on} & off.keys()
    assert all("exchanges.client_ip" in why for why in off.values())


def test_a_family_that_the_settings_leave_out_is_off_and_asks_less() -> None:
    every = find_signals()
    whole, part = (
        RunRecorder(Settings(), SilentProgress()),
        RunRecorder(but(Settings(), campaigns=LEFT_OUT), SilentProgress()),
    )
    selected, fewer = whole.select_signals(every, EVERY), part.select_signals(every, EVERY)
    assert len(selected.active) == len(every)
    on = fewer.active
    assert {signal.family for signal in every} - {signal.family for signal in on} == {"identity"}
    assert {signal.axis for signal in on if signal.family == "content"} == {"harvest"}
    told = {off.signal: off.why for off in part.build_run("done").signals_off}
    assert told["cards"] == "settings leave out identity"
    assert fewer.attainable < selected.attainable


def test_the_run_tells_the_thresholds_that_were_used() -> None:
    settings = Settings()
    run = RunRecorder(settings, SilentProgress()).build_run("done")
    assert run.thresholds["probability"] == settings.campaigns.report_probability
    assert run.thresholds["coordination"] > 0
    assert run.thresholds["harvest"] > 0


def test_a_moment_keeps_its_microseconds() -> None:
    assert micros_to_datetime(1_775_433_600_000_001) == datetime(2026, 4, 6, 0, 0, 0, 1, tzinfo=UTC)
    assert micros_to_datetime(-1) == datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


def test_peak_memory_never_falls() -> None:
    before = read_peak_memory_mb()
    held = bytearray(30_000_000)
    after = read_peak_memory_mb()
    del held
    # The kernel counts in batches of pages: a megabyte either way.
    assert before <= after + 1 <= read_peak_memory_mb() + 2
