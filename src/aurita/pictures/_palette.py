"""Colours that people with colour-blindness tell apart, on light and on dark ground.

Classes: the first three after Okabe and Ito 2008, "Color universal design", the rest searched for so that all eight
stay apart for protanopes and deuteranopes (the test has the model of their vision) and stand out from the ground by 3:1
(WCAG 2.2, criterion 1.4.11). After eight classes the colours come again with another
shape. Values: viridis (van der Walt and Smith 2015); signed values: blue over grey to orange.
"""

from dataclasses import dataclass

SHAPES = ("disc", "square", "triangle", "diamond")

VIRIDIS = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")
SIGNED = ("#0b4f8a", "#3f8fc5", "#a9cbe2", "#cfcfcf", "#f2c28a", "#dd8426", "#8a4600")


@dataclass(frozen=True)
class Theme:
    """Colours of one ground.

    Attributes:
        ground, ink, quiet, faint: background, text, text and lines that stand back.
        classes: eight colours.
    """

    ground: str
    ink: str
    quiet: str
    faint: str
    classes: tuple[str, ...]


LIGHT = Theme(
    ground="#ffffff",
    ink="#1b1b1f",
    quiet="#5f6368",
    faint="#c9ccd3",
    classes=("#0072b2", "#d55e00", "#009e73", "#d850f0", "#913f70", "#3b1ef2", "#7e4f2b", "#17191d"),
)
DARK = Theme(
    ground="#14161b",
    ink="#ececf1",
    quiet="#a9adb5",
    faint="#41454f",
    classes=("#4aa3e0", "#ff8a3d", "#27c79a", "#675aa0", "#f5d66d", "#b53df2", "#3f7a76", "#b8371e"),
)


def class_style(number: int) -> tuple[str, str]:
    """Colour and shape of a class.

    Example:
        >>> class_style(0), class_style(8)
        (('#0072b2', 'disc'), ('#0072b2', 'square'))
    """
    colours = LIGHT.classes
    return colours[number % len(colours)], SHAPES[(number // len(colours)) % len(SHAPES)]
