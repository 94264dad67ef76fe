"""Traffic Light Protocol 2.0 in STIX 2.1: its marking definitions, and which of several markings counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from hydrometer.contract import Tlp

if TYPE_CHECKING:
    from collections.abc import Iterable

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""OASIS's extension by which STIX 2.1, older than TLP 2.0, says it."""
LEVELS: tuple[Tlp, ...] = get_args(Tlp)
"""From the most open to the strictest."""
MARKINGS: dict[Tlp, str] = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
VERSION_1: dict[str, Tlp] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
"""The markings of TLP 1.0 that STIX 2.1 predefines, and what they are now."""
OF_MARKING: dict[str, Tlp] = {**VERSION_1, **{marking: level for level, marking in MARKINGS.items()}}
UNMARKED: Tlp = "amber"
"""What counts for an object that bears no marking: its maker did not say that it may go on."""


def find_strictest_level(markings: Iterable[str]) -> Tlp | None:
    """Return the strictest level among marking ids; None when none of them is of TLP."""
    levels = [OF_MARKING[marking] for marking in markings if marking in OF_MARKING]
    return max(levels, key=LEVELS.index) if levels else None


def may_pass_on(one: Tlp, most: Tlp) -> bool:
    """Tell whether something marked `one` may be passed on marked `most`: never more openly than it came."""
    return LEVELS.index(one) <= LEVELS.index(most)


def define_marking(tlp: Tlp) -> dict[str, Any]:
    """Return the marking definition of a level, as OASIS publishes it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKINGS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp.upper()}",
        "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp}},
    }
