"""The registry: one row per thing in the scene, drawn in this order."""

from __future__ import annotations

from mouseview.app.scene3d.camera_visuals import (
    ComparedVisual,
    FrustaVisual,
    GhostVisual,
    ImagesVisual,
    OpticalAxesVisual,
    RaysVisual,
    WindowVisual,
)
from mouseview.app.scene3d.gaussian_visual import GaussiansVisual
from mouseview.app.scene3d.name_visuals import NamesVisual
from mouseview.app.scene3d.probe_visual import ProbeVisual
from mouseview.app.scene3d.stage_visuals import (
    AxesVisual,
    BackdropVisual,
    BoxVisual,
    GroundVisual,
    MarksVisual,
)
from mouseview.app.scene3d.truth_visuals import BallVisual, TrueFrustumVisual
from mouseview.app.scene3d.visual import Visual

VISUALS: dict[str, type[Visual]] = {
    "backdrop": BackdropVisual,
    "ground": GroundVisual,
    "gaussians": GaussiansVisual,
    "images": ImagesVisual,
    "box": BoxVisual,
    "axes": AxesVisual,
    "ghost": GhostVisual,
    "compared": ComparedVisual,
    "frusta": FrustaVisual,
    "true frustum": TrueFrustumVisual,
    "ball": BallVisual,
    "window": WindowVisual,
    "optical axes": OpticalAxesVisual,
    "rays": RaysVisual,
    "marks": MarksVisual,
    "probe": ProbeVisual,
    "names": NamesVisual,
}
