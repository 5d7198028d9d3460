"""What was decided about a session as JSON: written as a sidecar, validated when it is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mouseview.formats.sidecar import find_sidecar, read_sidecar, write_sidecar
from mouseview.model.errors import FileFormatError
from mouseview.model.session import SessionSettings

KIND = "session"
_MAX_FRAME = 10**9
_FIELDS = tuple(field.name for field in dataclasses.fields(SessionSettings))


def to_json(settings: SessionSettings) -> dict[str, Any]:
    """The settings as JSON values."""
    return {
        "videos": dict(settings.videos),
        "masks": dict(settings.masks),
        "offsets": dict(settings.offsets),
        "start": settings.start,
        "stop": settings.stop,
        "stride": settings.stride,
        "undistorted": settings.undistorted,
        "mask_threshold": settings.mask_threshold,
        "recording": settings.recording,
    }


def from_json(content: Mapping[str, Any], place: str) -> SessionSettings:
    """Settings from JSON values; whatever is left out has its default. Raises ``FileFormatError`` naming the field."""
    unknown = sorted(set(content) - set(_FIELDS))
    if unknown:
        raise _refused(place, unknown[0], f"is no setting; there are {', '.join(_FIELDS)}")
    defaults = SessionSettings()
    settings = SessionSettings(
        videos=_by_camera(content, "videos", place, _path, "a file name or null"),
        masks=_by_camera(content, "masks", place, _path, "a file name or null"),
        offsets=_by_camera(content, "offsets", place, _frame, "a whole number of frames"),
        start=_value(content, "start", place, _frame_or_none, None, "a frame number or null"),
        stop=_value(content, "stop", place, _frame_or_none, None, "a frame number or null"),
        stride=_value(content, "stride", place, _positive, defaults.stride, "a whole number from 1"),
        undistorted=_value(content, "undistorted", place, _truth, None, "true, false or null"),
        mask_threshold=_value(
            content, "mask_threshold", place, _byte, defaults.mask_threshold, "a whole number from 0 to 254"
        ),
        recording=_value(content, "recording", place, _path, None, "a recording's name or null"),
    )
    if settings.start is not None and settings.stop is not None and settings.stop <= settings.start:
        raise _refused(place, "stop", f"is {settings.stop}, not behind start ({settings.start})")
    return settings


def read_settings(target: Path) -> SessionSettings | None:
    """What was saved for a session, or None. Raises ``FileFormatError`` when it cannot be used."""
    content = read_sidecar(target, KIND)
    return None if content is None else from_json(content, str(find_sidecar(target, KIND)))


def write_settings(target: Path, settings: SessionSettings) -> Path:
    """Save settings; returns where they lie."""
    return write_sidecar(target, KIND, to_json(settings))


def _refused(place: str, field: str, why: str) -> FileFormatError:
    return FileFormatError(
        f"{field} {why}", place=place, remedy="correct it, or remove the file to go back to what names suggest"
    )


def _value(
    content: Mapping[str, Any], field: str, place: str, holds: Callable[[Any], bool], default: Any, expected: str
) -> Any:
    value = content.get(field, default)
    if not holds(value):
        raise _refused(place, field, f"is {value!r:.80}, expected {expected}")
    return value


def _by_camera(
    content: Mapping[str, Any], field: str, place: str, holds: Callable[[Any], bool], expected: str
) -> dict[str, Any]:
    table = content.get(field, {})
    if not isinstance(table, dict):
        raise _refused(place, field, f"is {table!r:.80}, expected one entry for each camera")
    for camera, value in table.items():
        if not holds(value):
            raise _refused(place, f"{field} of {camera}", f"is {value!r:.80}, expected {expected}")
    return dict(table)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _frame(value: Any) -> bool:
    return _whole(value) and abs(value) <= _MAX_FRAME


def _frame_or_none(value: Any) -> bool:
    return value is None or _frame(value)


def _positive(value: Any) -> bool:
    return _whole(value) and 1 <= value <= _MAX_FRAME


def _byte(value: Any) -> bool:
    return _whole(value) and 0 <= value <= 254


def _truth(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _path(value: Any) -> bool:
    return value is None or (isinstance(value, str) and bool(value.strip()))
