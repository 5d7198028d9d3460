"""Sample and Dataset: what a folder of images and cameras holds. Images are read when asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from mouseview.model.camera import Labels, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding
from mouseview.model.session import Session

Image = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


class MaskOrigin(StrEnum):
    """Where a view's mask comes from. A draft is a guess; corrected: a person went over it."""

    NONE = "none"
    ALPHA = "alpha"
    FILE = "file"
    DRAFT = "draft"
    CORRECTED = "corrected"


@dataclass(frozen=True, eq=False)
class ImageSource:
    """Where one view's pixels come from.

    ``load`` returns (H, W, 4) uint8 or uint16, straight (not premultiplied) alpha: 255 or 65535 everywhere when the
    file has none and no mask accompanies it; it raises ``MouseViewError`` when the file cannot be used.
    ``has_mask``: alpha comes from the file, a mask beside it or a draft, and is not just opaque filler.
    ``mask_origin``: which of them, where it is not the plain one that ``mask_path`` tells; see ``origin``.
    ``stream``, ``frame``: the video or folder of images that ``path`` is of, and its place in there; None: a lone one.
    """

    path: Path | None
    load: Callable[[], Image]
    mask_path: Path | None = None
    has_mask: bool = True
    mask_origin: MaskOrigin | None = None
    stream: Path | None = None
    frame: int | None = None

    @property
    def origin(self) -> MaskOrigin:
        """Where the mask comes from."""
        if not self.has_mask:
            return MaskOrigin.NONE
        return self.mask_origin or (MaskOrigin.ALPHA if self.mask_path is None else MaskOrigin.FILE)

    @property
    def is_draft(self) -> bool:
        """The mask was guessed here, by colours or by hand, and did not come with the data."""
        return self.origin in (MaskOrigin.DRAFT, MaskOrigin.CORRECTED)


@dataclass(frozen=True, eq=False)
class Sample:
    """One moment seen by all cameras of a rig. ``sources`` runs parallel to ``rig.cameras``; None: no image listed.

    frame: its number in the session of videos that it comes from; None for images.
    """

    name: str
    rig: Rig
    sources: tuple[ImageSource | None, ...] = ()
    folder: Path | None = None
    labels: Labels | None = None
    frame: int | None = None

    def __post_init__(self) -> None:
        sources = tuple(self.sources) or (None,) * len(self.rig)
        if len(sources) != len(self.rig):
            raise ValueError(f"sample {self.name}: {len(sources)} image sources for {len(self.rig)} cameras")
        object.__setattr__(self, "sources", sources)

    @property
    def has_images(self) -> bool:
        return any(source is not None for source in self.sources)

    def image(self, index: int) -> Image:
        """(H, W, 4) uint8 or uint16 of view ``index``."""
        source = self.sources[index]
        if source is None:
            raise MouseViewError(
                f"camera {self.rig[index].name} of {self.name} has no image",
                place=str(self.folder or self.rig.source or self.name),
                remedy="open a sample folder with images, or leave this view out",
            )
        return source.load()

    def images(self) -> list[Image]:
        """All views, (H, W, 4) uint8 or uint16 each. Raises ``MouseViewError`` naming the first unusable one."""
        return [self.image(index) for index in range(len(self.rig))]

    def subset(self, names: Sequence[str]) -> Sample:
        """The sample with only the named views, in that order."""
        indices = [self.rig.names.index(name) for name in names]
        return dataclasses.replace(
            self,
            rig=self.rig.subset(tuple(names)),
            sources=tuple(self.sources[i] for i in indices),
            labels=None if self.labels is None else self.labels.of_views(indices),
        )


@dataclass(frozen=True, eq=False)
class Dataset(Sequence[Sample]):
    """Samples that were opened together, read one by one when asked for.

    problems: what was found wrong while listing (a missing folder, a broken line); the rest stays usable.
    session: the videos that the samples are frames of; None for images.
    """

    name: str
    path: Path
    format: str
    names: tuple[str, ...]
    read: Callable[[int], Sample] = field(repr=False)
    problems: tuple[Finding, ...] = ()
    session: Session | None = None

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self.read(i) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.read(index % len(self))

    def __iter__(self) -> Iterator[Sample]:
        return (self.read(i) for i in range(len(self)))
