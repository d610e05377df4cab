"""The icon sprite is drawn from names."""

import xml.etree.ElementTree as ET

import pytest

from tools.assets import SVG, sprite


def test_a_symbol_carries_the_name_it_was_asked_by():
    root = ET.fromstring(sprite(["key-filled", "user"]))
    assert [symbol.get("id") for symbol in root.iter(f"{{{SVG}}}symbol")] == ["key-filled", "user"]


def test_filled_and_outlined_icons_take_the_colour_of_the_text():
    filled, outlined = ET.fromstring(sprite(["key-filled", "user"]))
    assert filled.get("fill") == "currentColor"
    assert (outlined.get("fill"), outlined.get("stroke")) == ("none", "currentColor")


def test_a_name_that_tabler_does_not_have_is_named():
    with pytest.raises(SystemExit, match="no-such-icon"):
        sprite(["user", "no-such-icon"])
