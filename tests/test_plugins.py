"""How plug-ins are found, in which order, and what is told of a faulty one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fixtures.gateway_parts import Stand
from fixtures.plugin_packages import write_package
from hydrometer.contract.errors import InputError
from hydrometer.detection.signals.signal import SIGNAL_PLUGINS, find_signals
from hydrometer.enforcement.guard.gateway_routes import GATEWAY_PLUGINS, collect_routes, list_gateway_names
from hydrometer.intelligence.exchange.release_format import FORMAT_PLUGINS
from hydrometer.lab.simulate.archetype_plugins import ARCHETYPE_PLUGINS
from hydrometer.plugins import PluginKind, load_plugins
from hydrometer.sources.formats import SOURCE_PLUGINS, load_readers

if TYPE_CHECKING:
    from pathlib import Path

KINDS: list[PluginKind[Any]] = [
    SIGNAL_PLUGINS,
    SOURCE_PLUGINS,
    FORMAT_PLUGINS,
    GATEWAY_PLUGINS,
    ARCHETYPE_PLUGINS,
]
READER = """
class Reader:
    name = {name!r}
    def recognises(self, record): return False
    def read(self, records, rejects, settings): return iter(())
READER = Reader()
"""
SIGNAL = """
from hydrometer.detection.signals import Signal
SIGNAL = Signal("aa", {family!r}, "coordination", "null", (), "costs", 1.0, lambda group: None)
"""
GATEWAY = """
from hydrometer.enforcement.guard import GatewayAnswer, GatewayRoute
NAME = "spare"
def routes(enforcement_point):
    return [GatewayRoute(path={path!r}, answer=lambda request: GatewayAnswer(200), methods=frozenset({{"GET"}}))]
"""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_every_kind_has_built_in_ones_by_name(kind: PluginKind[Any]) -> None:
    plugins = load_plugins(kind)
    assert len(plugins) > 2
    assert [plugin.name for plugin in plugins] == sorted(plugin.name for plugin in plugins)
    assert {plugin.origin for plugin in plugins} == {""}


def test_outsiders_come_last_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = list(load_readers())
    points = "[hydrometer.sources]\nbbb = reader_b\naaa = reader_a\n[hydrometer.signals]\naa = early_signal\n"
    modules = {
        "reader_a": READER.format(name="aaa"),
        "reader_b": READER.format(name="bbb"),
        "early_signal": SIGNAL.format(family="content"),
    }
    before = find_signals()
    monkeypatch.syspath_prepend(write_package(tmp_path, "outsiders", points, modules))
    assert list(load_readers()) == [*built_in, "aaa", "bbb"]
    *rest, last = find_signals()
    assert rest == before
    assert (last.name, last.origin) == ("aa", "outsiders 0.1")


@pytest.mark.parametrize(
    ("points", "modules", "problem"),
    [
        ("x = no_such_module", {}, "the source format x of faulty 0.1 cannot be imported: ModuleNotFoundError"),
        ("x = broken", {"broken": "def :"}, "the source format x of faulty 0.1 cannot be imported: SyntaxError"),
        ("x = empty_one", {"empty_one": ""}, "the source format x of faulty 0.1 has no READER"),
        (
            "x = number",
            {"number": "READER = 3"},
            "the source format x of faulty 0.1 has a READER that is no FormatReader",
        ),
        ("x = other", {"other": READER.format(name="y")}, "the source format x of faulty 0.1 calls itself y"),
        ("otlp = again", {"again": READER.format(name="otlp")}, "has the name of one of hydrometer itself"),
    ],
)
def test_a_faulty_plug_in_is_told_of(
    points: str, modules: dict[str, str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {f"{name}_{tmp_path.name.replace('-', '_')}": text for name, text in modules.items()}
    for name, module in zip(modules, named, strict=True):
        points = points.replace(f"= {name}", f"= {module}")
    monkeypatch.syspath_prepend(write_package(tmp_path, "faulty", f"[hydrometer.sources]\n{points}\n", named))
    with pytest.raises(InputError) as caught:
        load_readers()
    assert problem in caught.value.problem
    assert caught.value.mend


def test_two_packages_cannot_give_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        points = f"[hydrometer.sources]\nsame = same_{name}\n"
        monkeypatch.syspath_prepend(
            write_package(tmp_path / name, name, points, {f"same_{name}": READER.format(name="same")})
        )
    with pytest.raises(InputError, match=r"the source format same of second 0\.1 has the name of one of first 0\.1"):
        load_readers()


def test_a_signal_of_no_family_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {"odd_signal": SIGNAL.format(family="astrology")}
    monkeypatch.syspath_prepend(write_package(tmp_path, "odd", "[hydrometer.signals]\naa = odd_signal\n", modules))
    with pytest.raises(InputError, match=r"the signal aa of odd 0\.1 is of the family astrology"):
        find_signals()


def test_a_gateway_of_a_plug_in_may_be_named_and_takes_no_address_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"envoy", "asgi", "forward_auth"} <= list_gateway_names()
    assert "http" not in list_gateway_names()
    modules = {"spare_gateway": GATEWAY.format(path="/forward-auth")}
    points = "[hydrometer.gateways]\nspare = spare_gateway\n"
    monkeypatch.syspath_prepend(write_package(tmp_path, "spares", points, modules))
    assert "spare" in list_gateway_names()
    with pytest.raises(InputError, match="the gateway spare has an address of forward_auth: /forward-auth"):
        collect_routes(Stand().gate)
