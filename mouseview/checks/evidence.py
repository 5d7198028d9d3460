"""What the checks look at, gathered once: cameras that make sense, images, masks, where the subject is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import MeetingPoint, meeting_point
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding, Severity
from mouseview.model.model_format import ModelFormat
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource
from mouseview.model.sample import Image, Sample
from mouseview.multiview.hull import BoolImage, SilhouetteHull, silhouette_hull
from mouseview.multiview.masks import MaskStats, mask_stats
from mouseview.normalise.centres import centre_candidates
from mouseview.normalise.conformance import rig_conforms
from mouseview.normalise.possible import possible


@dataclass(frozen=True, eq=False)
class Evidence:
    """A rig with or without the images of one sample.

    images, masks: parallel to the rig, None where there is none.  failures: what reading an image raised, by view.
    """

    rig: Rig
    model_format: ModelFormat
    sample: Sample | None
    images: tuple[Image | None, ...]
    failures: dict[int, MouseViewError]

    @classmethod
    def of_rig(cls, rig: Rig, model_format: ModelFormat) -> Evidence:
        return cls(rig, model_format, None, (None,) * len(rig), {})

    @classmethod
    def of_sample(cls, sample: Sample, model_format: ModelFormat) -> Evidence:
        """Reads every image; one that cannot be read is kept as its error."""
        images: list[Image | None] = []
        failures: dict[int, MouseViewError] = {}
        for index, source in enumerate(sample.sources):
            try:
                images.append(None if source is None else sample.image(index))
            except MouseViewError as error:
                images.append(None)
                failures[index] = error
        return cls(sample.rig, model_format, sample, tuple(images), failures)

    @property
    def place(self) -> str:
        """File or sample that a finding about the whole points to."""
        if self.sample is not None:
            return str(self.sample.folder or self.rig.source or self.sample.name)
        return str(self.rig.source or "rig")

    def finding(
        self, code: str, severity: Severity, message: str, remedy: str, camera: Camera | None = None
    ) -> Finding:
        place = self.place if camera is None else f"{self.place}, camera {camera.name}"
        return Finding(code, severity, place, message, remedy, None if camera is None else camera.name)

    @cached_property
    def sound(self) -> tuple[int, ...]:
        """Views whose pose and intrinsics can be a camera's: only these are asked for more."""
        return tuple(index for index, camera in enumerate(self.rig) if possible(camera))

    @cached_property
    def sound_rig(self) -> Rig:
        return self.rig.replace(cameras=tuple(self.rig[index] for index in self.sound))

    @cached_property
    def masks(self) -> tuple[MaskStats | None, ...]:
        """Of views that have a mask of their own and an image of the right size."""
        out: list[MaskStats | None] = []
        for camera, image, source in zip(self.rig, self.images, self._sources, strict=True):
            fits = image is not None and image.shape[:2] == (camera.height, camera.width)
            out.append(mask_stats(image) if image is not None and fits and source else None)
        return tuple(out)

    @cached_property
    def _sources(self) -> tuple[bool, ...]:
        sources = self.sample.sources if self.sample is not None else (None,) * len(self.rig)
        return tuple(source is not None and source.has_mask for source in sources)

    @cached_property
    def drafts(self) -> tuple[str, ...]:
        """Cameras whose mask is a draft, corrected by hand or not."""
        sources = self.sample.sources if self.sample is not None else ()
        return tuple(
            camera.name
            for camera, source in zip(self.rig, sources, strict=False)
            if source is not None and source.is_draft
        )

    @cached_property
    def sound_masks(self) -> tuple[MaskStats | None, ...]:
        return tuple(self.masks[index] for index in self.sound)

    @cached_property
    def silhouettes(self) -> tuple[tuple[Camera, BoolImage], ...]:
        """Sound cameras with the mask (H, W) that each sees, where it has one that says where the subject is."""
        return tuple(
            (self.rig[index], stats.mask)
            for index, stats in zip(self.sound, self.sound_masks, strict=True)
            if stats is not None and stats.usable
        )

    @cached_property
    def hull(self) -> SilhouetteHull | None:
        """What the silhouettes say of the cameras as declared; None below two."""
        return silhouette_hull([camera for camera, _ in self.silhouettes], [mask for _, mask in self.silhouettes])

    def masked_views(self) -> Iterator[tuple[Camera, MaskStats, Image]]:
        """Views with a mask, sound or not."""
        for camera, stats, image in zip(self.rig, self.masks, self.images, strict=True):
            if stats is not None and image is not None:
                yield camera, stats, image

    @cached_property
    def axes(self) -> MeetingPoint | None:
        """Where the optical axes of the sound cameras meet; None below two."""
        rig = self.sound_rig
        return meeting_point(rig.centres, rig.forwards) if len(rig) >= 2 else None

    @cached_property
    def centres(self) -> tuple[SubjectCentre, ...]:
        """Candidates for the subject's centre from sound views, most trusted first."""
        labels = self.sample.labels if self.sample is not None else None
        seen = None if labels is None else labels.of_views(self.sound)
        subset = Sample(self.place, self.sound_rig, labels=seen)
        return centre_candidates(subset, self.sound_masks)

    @property
    def subject(self) -> Array:
        """(3,) the most trusted centre; a conforming rig's is its origin unless masks or labels tell it better."""
        return self.centres[0].point

    @property
    def subject_is_seen(self) -> bool:
        """The centre comes from the subject itself and not from where cameras point."""
        return self.centres[0].source in (CentreSource.LABELS, CentreSource.MASKS)

    @cached_property
    def conforms(self) -> bool:
        return rig_conforms(self.rig, self.model_format)
