"""Colours of the scene in both themes: RGB or RGBA, 0..1."""

from __future__ import annotations

from dataclasses import dataclass

from mouseview.app.scene3d.state import Theme

Rgb = tuple[float, float, float]


def _rgb(hexadecimal: str) -> Rgb:
    red, green, blue = (int(hexadecimal[i : i + 2], 16) / 255.0 for i in (0, 2, 4))
    return red, green, blue


@dataclass(frozen=True)
class Palette:
    """sky: top of the background, floor: bottom.  plate: behind a name.  paper: where an image has no alpha."""

    sky: Rgb
    floor: Rgb
    grid: Rgb
    camera: Rgb
    selected: Rgb
    held_out: Rgb
    ghost: Rgb
    box: Rgb
    mark: Rgb
    text: Rgb
    faint_text: Rgb
    plate: Rgb
    paper: Rgb
    paper_opacity: float
    axes: tuple[Rgb, Rgb, Rgb]
    probe: tuple[Rgb, Rgb]


PALETTES = {
    Theme.LIGHT: Palette(
        sky=_rgb("fdfdfe"),
        floor=_rgb("e6eaf0"),
        grid=_rgb("8d99aa"),
        camera=_rgb("3b4657"),
        selected=_rgb("1f6feb"),
        held_out=_rgb("b4540a"),
        ghost=_rgb("7a5cc4"),
        box=_rgb("5c6b80"),
        mark=_rgb("d0246b"),
        text=_rgb("1d2530"),
        faint_text=_rgb("5d6979"),
        plate=_rgb("ffffff"),
        paper=_rgb("ffffff"),
        paper_opacity=0.62,
        axes=(_rgb("d93636"), _rgb("2c9a45"), _rgb("2f66d8")),
        probe=(_rgb("0a93a6"), _rgb("a53fd0")),
    ),
    Theme.DARK: Palette(
        sky=_rgb("262b34"),
        floor=_rgb("14171c"),
        grid=_rgb("7d8a9c"),
        camera=_rgb("c3ccd8"),
        selected=_rgb("6fb1ff"),
        held_out=_rgb("ffab5e"),
        ghost=_rgb("a893ea"),
        box=_rgb("93a3b8"),
        mark=_rgb("ff6fa5"),
        text=_rgb("eef2f7"),
        faint_text=_rgb("a4b0bf"),
        plate=_rgb("1b2027"),
        paper=_rgb("e9edf2"),
        paper_opacity=0.22,
        axes=(_rgb("ff6b6b"), _rgb("5fd07a"), _rgb("73a5ff")),
        probe=(_rgb("19d3e6"), _rgb("e08bff")),
    ),
}
