"""Opening what a user points at: a sample folder, a folder of samples, a list file or a calibration file."""

from __future__ import annotations

import dataclasses
import os
from functools import partial
from pathlib import Path

from mouseview.formats import facelift
from mouseview.formats.fields import natural_key
from mouseview.formats.files import unreadable
from mouseview.formats.list_file import is_list_file, read_list
from mouseview.formats.registry import all_formats, by_name, plugins, sniff
from mouseview.formats.sample_folder import (
    find_calibration,
    is_sample_folder,
    read_calibration,
    read_sample_folder,
    with_correction,
    with_keypoints,
)
from mouseview.formats.sessions.session import find_session, is_video, read_session, session_dataset
from mouseview.model.errors import FileFormatError
from mouseview.model.finding import Finding, Severity
from mouseview.model.sample import Dataset, Sample


def open_dataset(path: Path | str, format: str | None = None, corrected: bool = True) -> Dataset:
    """The samples at ``path``, listed now and read one by one when asked for; no image is decoded.

    path: a sample folder (``opencv_cameras.json`` and images), a folder of such folders, a folder with one
    calibration file, a calibration of several files (by its folder or any of them), a list file, a calibration file,
    or a session of videos (by its folder, or one of its videos). format: name of a camera format, to overrule what
    the content says. corrected: with the corrections that were saved for calibrations; else as the files alone are
    read. Single samples are read at once, so that what is wrong with them is raised here.

    Raises ``FileFormatError`` when nothing there can be opened; what is wrong with a part stands in
    ``Dataset.problems`` (broken plug-ins for formats too), and a broken sample raises when it is read.
    """
    dataset = _open(Path(path), format, corrected)
    return dataclasses.replace(dataset, problems=(*dataset.problems, *plugins().problems))


def _open(target: Path, format: str | None, corrected: bool) -> Dataset:
    if format is not None:
        by_name(format)
    if os.path.isdir(target):
        return _open_folder(target, format, corrected)
    if format is None and os.path.isfile(target) and sniff(target) is None and is_list_file(target):
        listed = read_list(target)
        return _lazy(target, listed.folders, listed.names, listed.problems, corrected)
    if is_video(target):
        return session_dataset(read_session(target, None, format, corrected))
    return _single(target, read_calibration(target, format), corrected)


def _open_folder(folder: Path, format: str | None, corrected: bool) -> Dataset:
    if format in (None, facelift.NAME) and is_sample_folder(folder):
        return _single(folder, read_sample_folder(folder, folder.resolve().name, False), corrected)
    subfolders = _subfolders(folder)
    samples = [sub for sub in subfolders if is_sample_folder(sub)] if format in (None, facelift.NAME) else []
    if not samples and find_session(folder, format):
        return session_dataset(read_session(folder, None, format, corrected))
    if not samples:
        calibration = find_calibration(folder, format)
        if calibration is not None:
            sample, unread = with_keypoints(read_calibration(calibration, format), folder)
            return _single(folder, sample, corrected, unread)
        raise FileFormatError(
            "holds neither a camera file nor folders of samples",
            place=str(folder),
            remedy=f"open a folder with {facelift.FILE_NAME} and its images, a folder of such folders, a list file, or "
            f"a calibration file ({', '.join(known.file_names[0] for known in all_formats())})",
        )
    known = set(samples)
    problems = [_without_cameras(sub) for sub in subfolders if sub not in known and os.path.isdir(sub / "images")]
    return _lazy(folder, tuple(samples), tuple(sub.name for sub in samples), tuple(problems), corrected)


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
    except OSError as error:
        raise unreadable(folder, error) from error
    return [folder / name for name in sorted(names, key=natural_key)]


def _without_cameras(folder: Path) -> Finding:
    return Finding(
        "sample-without-cameras",
        Severity.ERROR,
        str(folder),
        f"holds images but no {facelift.FILE_NAME}",
        "export the sample again, or move the folder away",
    )


def _lazy(
    path: Path, folders: tuple[Path, ...], names: tuple[str, ...], problems: tuple[Finding, ...], corrected: bool
) -> Dataset:
    def read(index: int) -> Sample:
        return read_sample_folder(folders[index], names[index], corrected)

    return Dataset(path.resolve().name, path, facelift.NAME, names, read, problems)


def _single(path: Path, sample: Sample, corrected: bool, problems: tuple[Finding, ...] = ()) -> Dataset:
    sample = with_correction(sample) if corrected else sample
    return Dataset(sample.name, path, sample.rig.format, (sample.name,), partial(_the, sample), problems)


def _the(sample: Sample, index: int) -> Sample:
    return sample
