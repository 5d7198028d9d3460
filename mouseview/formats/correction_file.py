"""Corrections of how a calibration is read: saved beside it, bound to its content, used by every way of opening.

The calibration itself is never changed. Once it changes by other hands, what was found wrong with it may be so no
longer: then the correction is kept but not applied, and ``Rig.assumptions`` and a check say so.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.camera_format import CameraFormat
from mouseview.formats.fields import MAX_NAME, UNITS, image_size, mapping, mismatch, number
from mouseview.formats.files import list_files, unreadable
from mouseview.formats.sidecar import ENDING, find_sidecar, read_sidecar, remove_sidecar, write_sidecar
from mouseview.model.camera import Rig
from mouseview.model.correction import Correction, Size
from mouseview.model.errors import FileFormatError
from mouseview.model.sample import Sample

KIND = "correction"

_SWITCHES = ("transpose_K", "transpose_R", "camera_to_world", "opengl_axes", "drop_lens")
_SIZES = ("K_size", "size")
_NUMBERS = {"pixel_shift_px": 1e4, "label_shift_px": 1e4, "scale": 1e9}
_MAX_VIEWS = 10_000
_CHUNK_BYTES = 1 << 20
_REMEDY = "correct the sidecar, or remove it to go back to the calibration's own reading"


@dataclass(frozen=True)
class CalibrationHome:
    """A calibration as sidecars see it. target: the file, or the folder of one of several files."""

    target: Path
    files: tuple[Path, ...]


@dataclass(frozen=True)
class SavedCorrection:
    """A correction as it was saved. place: the sidecar.  outdated: the calibration has changed since."""

    correction: Correction
    place: Path
    outdated: bool


def home_of(path: Path, known: CameraFormat) -> CalibrationHome:
    """Where the corrections of a calibration at ``path`` (a file, or a folder of several) belong."""
    if known.files is not None:
        files = known.files(path)
        return CalibrationHome(files[0].parent if files else path, files)
    if os.path.isdir(path):
        return CalibrationHome(path, tuple(file for file in list_files(path) if not file.name.endswith(ENDING)))
    return CalibrationHome(path, (path,))


# ---- saving --------------------------------------------------------------------------------------------------------


def save_correction(home: CalibrationHome, correction: Correction) -> Path:
    """Write the sidecar, atomically, and return where it lies; the reading as it is removes it instead.

    Raises ``FileFormatError`` when neither the calibration's folder nor the user's own can be written.
    """
    if correction.is_identity:
        remove_sidecar(home.target, KIND)
        return home.target
    content = {"says": list(correction.words), "correction": to_json(correction), "files": _digests(home)}
    return write_sidecar(home.target, KIND, content)


def remove_correction(home: CalibrationHome) -> bool:
    """Back to the file's own reading, also where the sidecar cannot be read; whether there was one."""
    there = find_sidecar(home.target, KIND) is not None
    remove_sidecar(home.target, KIND)
    return there


def saved_correction(home: CalibrationHome) -> SavedCorrection | None:
    """What was saved for a calibration, or None. Raises ``FileFormatError`` for a sidecar that cannot be used."""
    place = find_sidecar(home.target, KIND)
    content = read_sidecar(home.target, KIND) if place is not None else None
    if place is None or content is None:
        return None
    files = mapping(content.get("files"), f"{place}, content.files")
    return SavedCorrection(from_json(content.get("correction"), f"{place}, content.correction"), place,
                           files != _digests(home))  # fmt: skip


def _digests(home: CalibrationHome) -> dict[str, str]:
    return {file.name: _sha256(file) for file in home.files}


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        with open(file, "rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise unreadable(file, error) from error
    return digest.hexdigest()


# ---- applying ------------------------------------------------------------------------------------------------------


def corrected_rig(rig: Rig, home: CalibrationHome) -> Rig:
    """The rig under what was saved for its calibration; ``assumptions`` say so. Raises ``FileFormatError``."""
    saved = saved_correction(home)
    if saved is None:
        return rig
    return _noted(rig, saved) if saved.outdated else _noted(_fitting(saved, rig).apply(rig), saved)


def corrected_sample(sample: Sample, home: CalibrationHome) -> Sample:
    """The sample, its images and labels under what was saved for its calibration. Raises ``FileFormatError``."""
    saved = saved_correction(home)
    if saved is None:
        return sample
    if not saved.outdated:
        sample = _fitting(saved, sample.rig).apply_to_sample(sample)
    return dataclasses.replace(sample, rig=_noted(sample.rig, saved))


def _noted(rig: Rig, saved: SavedCorrection) -> Rig:
    words = ", ".join(saved.correction.words)
    note = f"corrected: {words} ({saved.place.name})"
    if saved.outdated:
        note = f"not corrected: {words} ({saved.place.name}) was found before the calibration changed"
    correction = None if saved.outdated else saved.correction
    return rig.replace(assumptions=(*rig.assumptions, note), correction=correction)


def _fitting(saved: SavedCorrection, rig: Rig) -> Correction:
    if not saved.correction.fits(rig.names):
        raise FileFormatError(
            f"exchanges images of cameras other than {', '.join(rig.names[:12])}",
            place=str(saved.place),
            remedy=_REMEDY,
        )
    return saved.correction


# ---- JSON ----------------------------------------------------------------------------------------------------------


def to_json(correction: Correction) -> dict[str, Any]:
    """Only what it changes."""
    plain = Correction()
    fields = (*_SWITCHES, *_SIZES, *_NUMBERS, "units", "images_of")
    changed = {name: value for name in fields if (value := getattr(correction, name)) != getattr(plain, name)}
    return {name: [list(item) if isinstance(item, tuple) else item for item in value]
            if isinstance(value, tuple) else value for name, value in changed.items()}  # fmt: skip


def from_json(value: Any, place: str) -> Correction:
    """The correction of a sidecar; raises ``FileFormatError`` for anything that none of ours would say."""
    document = mapping(value, place)
    known = {*_SWITCHES, *_SIZES, *_NUMBERS, "units", "images_of"}
    unknown = sorted(set(map(str, document)) - known)
    if unknown:
        raise FileFormatError(
            f"says {', '.join(unknown[:5])[:200]}, which this MouseView does not know", place=place, remedy=_REMEDY
        )
    changes: dict[str, Any] = {}
    for name in document:
        item, where = document[name], f"{place}.{name}"
        if name in _SWITCHES:
            changes[name] = _switch(item, where)
        elif name in _SIZES:
            changes[name] = _size(item, where)
        elif name in _NUMBERS:
            changes[name] = _bounded(item, where, _NUMBERS[name])
        elif name == "units":
            if item not in UNITS:
                raise mismatch(where, f"one of {', '.join(UNITS)}", item)
            changes[name] = item
        else:
            changes[name] = _pairs(item, where)
    if changes.get("scale", 1.0) < 1 / _NUMBERS["scale"]:
        raise mismatch(f"{place}.scale", "a positive number", changes["scale"])
    return Correction(**changes)


def _switch(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise mismatch(place, "true or false", value)
    return value


def _size(value: Any, place: str) -> Size:
    if not isinstance(value, list) or len(value) != 2:
        raise mismatch(place, "[width, height]", value)
    return image_size(value[0], value[1], place)


def _bounded(value: Any, place: str, most: float) -> float:
    given = number(value, place)
    if not (np.isfinite(given) and abs(given) <= most):
        raise mismatch(place, f"a finite number up to {most:g}", value)
    return given


def _pairs(value: Any, place: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or len(value) > _MAX_VIEWS:
        raise mismatch(place, f"a list of up to {_MAX_VIEWS} pairs of cameras", value)
    for index, pair in enumerate(value):
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)):
            raise mismatch(f"{place}[{index}]", "two names of cameras", pair)
        if max(map(len, pair)) > MAX_NAME:
            raise mismatch(f"{place}[{index}]", f"names of up to {MAX_NAME} characters", pair)
    return tuple((str(pair[0]), str(pair[1])) for pair in value)
