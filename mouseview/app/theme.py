"""Colours, type and icons: one set of tokens, from which palette, style sheet and painted widgets are made."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from mouseview import resources
from mouseview.app.stylesheet import style_sheet
from mouseview.app.tokens import Tokens, tokens

_FAMILIES = ("Inter", "Segoe UI Variable", "Segoe UI", "SF Pro Text", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans")
_MONO_FAMILIES = (
    "JetBrains Mono",
    "Cascadia Mono",
    "SF Mono",
    "Menlo",
    "Consolas",
    "DejaVu Sans Mono",
)
FONT_PX = 12


def current() -> Tokens:
    """The tokens of the application's palette, for widgets that paint themselves."""
    return tokens(QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128)


def tinted(colour: str, alpha: float) -> QColor:
    """A colour at an opacity, for badge fills."""
    tint = QColor(colour)
    tint.setAlphaF(alpha)
    return tint


def system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def apply(application: QApplication, dark: bool) -> None:
    """Dress the whole application; safe to call again when the system changes its mind."""
    chosen = tokens(dark)
    application.setStyle("Fusion")
    application.setPalette(_palette(chosen))
    application.setFont(ui_font())
    application.setStyleSheet(style_sheet(chosen, resources.path("icons").as_posix()))


def ui_font(px: int = FONT_PX, bold: bool = False) -> QFont:
    available = set(QFontDatabase.families())
    font = QFont(next((family for family in _FAMILIES if family in available), QApplication.font().family()))
    font.setPixelSize(px)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def mono_font(px: int = FONT_PX - 1) -> QFont:
    """For numbers that are compared digit by digit."""
    available = set(QFontDatabase.families())
    font = QFont(next((family for family in _MONO_FAMILIES if family in available), "monospace"))
    font.setPixelSize(px)
    return font


def _palette(t: Tokens) -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: t.window, role.WindowText: t.text, role.Base: t.panel, role.AlternateBase: t.raised,
        role.Text: t.text, role.Button: t.raised, role.ButtonText: t.text, role.BrightText: t.bad,
        role.Highlight: t.accent, role.HighlightedText: t.on_accent, role.ToolTipBase: t.raised,
        role.ToolTipText: t.text, role.PlaceholderText: t.faint, role.Link: t.accent, role.Mid: t.border,
        role.Dark: t.border, role.Light: t.raised, role.Midlight: t.hover, role.Shadow: t.window,
        role.Accent: t.accent,
    }  # fmt: skip
    palette = QPalette()
    for key, colour in colours.items():
        palette.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(t.faint))
    return palette


@cache
def _svg(name: str) -> str:
    return resources.path(f"icons/{name}.svg").read_text(encoding="utf-8")


@cache
def icon_pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """A bundled line icon in one colour, ``size`` logical px."""
    renderer = QSvgRenderer(QByteArray(_svg(name).replace("#000", colour).encode()))
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@cache
def icon(name: str, dark: bool, colour: str = "") -> QIcon:
    """A bundled line icon for buttons and menus: muted when off, accent when checked, faint when disabled."""
    t = tokens(dark)
    made = QIcon()
    for mode, state, tint in (
        (QIcon.Mode.Normal, QIcon.State.Off, colour or t.muted),
        (QIcon.Mode.Active, QIcon.State.Off, colour or t.text),
        (QIcon.Mode.Normal, QIcon.State.On, colour or t.accent),
        (QIcon.Mode.Active, QIcon.State.On, colour or t.accent),
        (QIcon.Mode.Disabled, QIcon.State.Off, t.faint),
        (QIcon.Mode.Disabled, QIcon.State.On, t.faint),
    ):
        for ratio in (1.0, 2.0):
            made.addPixmap(icon_pixmap(name, tint, 18, ratio), mode, state)
    return made
