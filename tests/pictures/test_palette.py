"""Colours stand out from the ground and apart from one another, also for the colour-blind."""

import numpy as np
import pytest

from aurita.pictures._palette import DARK, LIGHT


def contrast(one, other):
    """How far two colours are apart in lightness, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rgb(colour):
    """Red, green and blue between 0 and 1."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def luminance(colour):
    part = rgb(colour)
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_colours_stand_out_and_apart_also_for_the_colour_blind(theme):
    # Viénot, Brettel and Mollon 1999: what protanopes and deuteranopes see, in linear RGB.
    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    deutan = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    assert round(contrast("#000000", "#ffffff")) == 21
    colours = np.stack([rgb(colour) for colour in theme.classes])
    for colour in theme.classes:
        assert contrast(colour, theme.ground) >= 3
    assert contrast(theme.ink, theme.ground) >= 7
    for seen in (np.eye(3), protan, deutan):
        there = np.clip((colours**2.2) @ seen.T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(there[:, None] - there[None], axis=2)
        assert apart[~np.eye(len(colours), dtype=bool)].min() > 0.08
