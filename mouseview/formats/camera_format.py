"""What a camera file format is to the rest of the program, and what a plug-in registers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mouseview.model.camera import Labels, Rig


@dataclass(frozen=True)
class CameraFormat:
    """One file format.

    name: what users type; title and description: what they read; file_names: glob patterns of usual names.
    sniff: whether the content claims to be this format (it may still be broken); read and labels raise
    ``FileFormatError``; write returns one sentence for each thing that the format cannot hold.
    sniff_folder: for calibrations of several files, whether a folder is one; then read takes the folder and any of
    its files, and write makes a folder where ``writes_folder``.
    read_with_images: for formats that list images, where those of each camera lie or should lie (None: nowhere).
    files: for calibrations of several files in one folder, which files these are, from the folder or any of them.
    """

    name: str
    title: str
    description: str
    file_names: tuple[str, ...]
    sniff: Callable[[Path], bool]
    read: Callable[[Path], Rig]
    write: Callable[[Rig, Path], tuple[str, ...]] | None = None
    labels: Callable[[Path], Labels | None] | None = None
    sniff_folder: Callable[[Path], bool] | None = None
    writes_folder: bool = False
    read_with_images: Callable[[Path], tuple[Rig, tuple[Path | None, ...]]] | None = None
    files: Callable[[Path], tuple[Path, ...]] | None = None

    @property
    def can_write(self) -> bool:
        return self.write is not None
