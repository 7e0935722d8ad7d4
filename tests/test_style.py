"""The page's colours can be read: WCAG AA in light and dark."""

from __future__ import annotations

import re

import pytest

from ui.page.theme import script, style

CSS = style()

PAIRS = [  # ink, what it stands on
    ("ink", "paper"),
    ("ink", "sheet"),
    ("ink", "tint"),
    ("soft", "paper"),
    ("soft", "sheet"),
    ("soft", "tint"),
    ("accent", "paper"),
    ("accent", "sheet"),
    ("accent", "tint"),
    ("sheet", "accent"),
    ("sheet", "alert"),
    ("mark-ink", "mark"),
    ("mark-ink", "mark-chosen"),
]


def colours(selector: str) -> dict[str, str]:
    block = CSS.split(f"\n{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--ap-([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [":root", ".dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(theme: str, ink: str, ground: str) -> None:
    found = colours(theme)
    assert contrast(found[ink], found[ground]) >= 4.5


@pytest.mark.parametrize("theme", [":root", ".dark"])
def test_the_names_of_the_map_s_groups_stand_out_from_it(theme: str) -> None:
    ground = colours(theme)["sheet"]
    beginnings = CSS.split(f"\n{theme} {{")[1:]
    block = next(part for part in beginnings if "--ap-group-0: " in part.split("}", 1)[0])
    named = re.findall(r"--ap-group-\d: (#[0-9a-f]{6});", block.split("}", 1)[0])
    assert len(named) == 8
    assert min(contrast(colour, ground) for colour in named) >= 4.5


def test_style_and_script_fetch_nothing() -> None:
    for text in (CSS, script()):
        assert "http" not in text
        assert "@import" not in text
        assert "url(" not in text


def test_motion_stops_for_those_who_ask_for_calm() -> None:
    assert "prefers-reduced-motion: reduce" in CSS
