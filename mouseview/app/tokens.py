"""The colours of the window by role, for light and dark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """Colours by role. truth roles: true, approximate, false; format roles: inside, outside."""

    dark: bool
    window: str
    panel: str
    raised: str
    hover: str
    border: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    selected: str
    canvas: str
    good: str
    warn: str
    bad: str
    inside: str
    outside: str


LIGHT = Tokens(
    dark=False, window="#e9ebef", panel="#fbfbfc", raised="#ffffff", hover="#eef1f5", border="#d8dce3", text="#1c2128",
    muted="#5d6673", faint="#8e97a4", accent="#2b6bd8", on_accent="#ffffff", selected="#dfeafb", canvas="#eceef2",
    good="#1c7f4b", warn="#9a6500", bad="#c0352f", inside="#3b6ea5", outside="#7c4fb0",
)  # fmt: skip
DARK = Tokens(
    dark=True, window="#141518", panel="#1d1f23", raised="#272a30", hover="#2c3037", border="#33373f", text="#e4e6ea",
    muted="#9aa2ae", faint="#6f7783", accent="#5b9bf5", on_accent="#0d1420", selected="#26354c", canvas="#17181b",
    good="#52c489", warn="#e3ae4a", bad="#f0716a", inside="#7fb2e5", outside="#bb95ea",
)  # fmt: skip


def tokens(dark: bool) -> Tokens:
    return DARK if dark else LIGHT
