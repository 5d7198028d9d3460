"""What the window shows, as one frozen value. Panels read it; only the controller replaces it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from mouseview.app.probing.probe import Probe
from mouseview.app.scene3d.state import Layers, PickedRay, RayColour
from mouseview.app.understanding.values import SubjectBall
from mouseview.model.finding import Finding, Severity
from mouseview.model.prepared import Prepared, SubjectCentre
from mouseview.model.sample import Dataset, Sample

if TYPE_CHECKING:  # the workflow is imported by the work that calls it, after the first frame
    from mouseview.app.desks.masks import MaskView
    from mouseview.app.probing.keypoints import KeypointJudgement
    from mouseview.app.probing.solution import ProbeSolution
    from mouseview.metrics.scores import Scores
    from mouseview.multiview.rig_difference import RigDifference
    from mouseview.workflow.compare_modes import ModeResult
    from mouseview.workflow.project import Project
    from mouseview.workflow.reconstruct import Reconstruction

SEVERITY_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def worst_of(findings: tuple[Finding, ...]) -> Finding | None:
    """The finding that a user should read first."""
    return min(findings, key=lambda finding: SEVERITY_ORDER.index(finding.severity), default=None)


@dataclass(frozen=True, eq=False)
class ViewImage:
    """One source image, made small enough to be drawn again and again.

    image: RGBA.  opaque: the same pixels with the mask ignored.  outline: contours of the mask (N, 2) in source px.
    texture: small RGBA for the 3D scene.  problem: why there is no image.
    """

    name: str
    image: QImage | None
    opaque: QImage | None
    outline: tuple[npt.NDArray[np.float64], ...] = ()
    texture: npt.NDArray[np.uint8] | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class SampleSummary:
    """A row of the samples list: thumbnails in rig order, what is worst, how many findings there are."""

    thumbnails: tuple[QImage | None, ...]
    worst: Finding | None
    count: int
    views: int


@dataclass(frozen=True, eq=False)
class DifferenceImage:
    """image painted between ``low`` and ``high`` with the colours of ``legend``; meaning: one line beside it."""

    image: QImage
    legend: QImage
    low: float
    high: float
    meaning: str


@dataclass(frozen=True, eq=False)
class ComparedView:
    """One view of a reconstruction, ready to be drawn. differences: by kind, ``absolute``, ``signed``, ``ssim``.

    subject: the square round the subject in px of the images, or the whole where no mask says where it is.
    """

    name: str
    role: str
    truth: QImage
    prediction: QImage
    differences: Mapping[str, DifferenceImage]
    scores: Scores
    subject: QRectF


@dataclass(frozen=True)
class SceneChoice:
    """How the scene is looked at. blend: 0 before, 1 after normalisation. ray_camera: None follows the selection."""

    blend: float = 0.0
    rays: bool = False
    ray_camera: str | None = None
    ray_colour: RayColour = RayColour.DIRECTION
    layers: Layers = field(default_factory=Layers)
    gaussians: bool = True

    def replace(self, **changes: Any) -> SceneChoice:
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, eq=False)
class AppState:
    """Compare fields by identity. project, probe: undoable; scene, camera, picked, probing: transient; the rest is
    derived. probe, solution, keypoints, ball may still be another sample's: ask for those that are ``shown``."""

    project: Project | None = None
    project_file: str = ""
    dataset: Dataset | None = None
    sample: Sample | None = None
    sample_index: int = -1
    selection: tuple[str, ...] = ()  # names of samples chosen together; one or none: the one in view alone
    camera: str | None = None
    images: tuple[ViewImage | None, ...] = ()
    centres: tuple[SubjectCentre, ...] = ()
    findings: tuple[Finding, ...] | None = None  # None: not yet known
    prepared: Prepared | None = None
    fed_textures: tuple[npt.NDArray[np.uint8], ...] = ()
    prepare_problem: str = ""
    reconstruction: Reconstruction | None = None
    compared: tuple[ComparedView, ...] = ()
    modes: tuple[ModeResult, ...] = ()
    difference: RigDifference | None = None  # against another calibration; None: nothing is compared
    compared_with: str = ""  # its path
    mask_view: MaskView | None = None  # the view whose mask is corrected
    mask_problem: str = ""
    ball: SubjectBall | None = None
    scene: SceneChoice = field(default_factory=SceneChoice)
    picked: PickedRay | None = None
    probing: bool = False
    probe: Probe = field(default_factory=Probe)
    solution: ProbeSolution | None = None
    keypoints: KeypointJudgement | None = None
    dark: bool = False

    def replace(self, **changes: Any) -> AppState:
        return dataclasses.replace(self, **changes)

    @property
    def camera_index(self) -> int:
        """Of the selected camera in the sample's rig, or −1."""
        if self.sample is None or self.camera not in self.sample.rig.names:
            return -1
        return self.sample.rig.names.index(self.camera)

    @property
    def shown_probe(self) -> Probe:
        """The marks on this sample's photographs."""
        return self.probe.of(self.sample.name if self.sample is not None else "")

    @property
    def shown_solution(self) -> ProbeSolution | None:
        """What they say, once that is known."""
        found = self.solution
        fits = found is not None and self.sample is not None and found.rig is self.sample.rig
        return found if fits and found is not None and found.probe == self.shown_probe else None

    @property
    def shown_ball(self) -> SubjectBall | None:
        """This sample's subject."""
        return self.ball if self.ball is not None and self.ball.sample is self.sample else None

    @property
    def shown_keypoints(self) -> KeypointJudgement | None:
        """This sample's labels, judged."""
        return self.keypoints if self.keypoints is not None and self.keypoints.sample is self.sample else None

    @property
    def fed(self) -> tuple[str, ...]:
        """Names of the views that go into the model."""
        if self.sample is None or self.project is None:
            return ()
        return tuple(name for name in self.sample.rig.names if name not in self.project.held_out)


class Changed:
    """Tells a panel whether what it shows has changed since it was last asked; large values by identity."""

    def __init__(self) -> None:
        self._last: tuple[Any, ...] | None = None

    def __call__(self, *values: Any) -> bool:
        last, self._last = self._last, values
        return last is None or not _same(last, values)


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return isinstance(a, (str, float, int, bool)) and type(a) is type(b) and a == b
