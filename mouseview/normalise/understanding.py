"""What a plan tells a model that is not so: every view's ray errors and the ball they displace, with a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mouseview.model.finding import Truth
from mouseview.model.recipe import Mode
from mouseview.normalise.ledger import RAY_TOLERANCE_DEG, worst_truth
from mouseview.normalise.plan import Plan, ViewPlan
from mouseview.normalise.ray_error import RayError, ray_error
from mouseview.normalise.subject import Subject
from mouseview.normalise.subject_ball import BallPicture, ball_picture

_SAME_PLACE = 1e-6  # share of the camera's distance


@dataclass(frozen=True, eq=False)
class ViewTruth:
    """One view: the angle between declared and true rays over its canonical image, and the subject's ball.

    shift: how far the declared camera stands from the true one, in the plan's units.
    """

    name: str
    truth: Truth
    rays: RayError
    ball: BallPicture
    shift: float


@dataclass(frozen=True, eq=False)
class PlanTruth:
    """Every view of a plan, and the gravest verdict. subject: in the frame of the plan's true cameras."""

    mode: Mode
    subject: Subject
    views: tuple[ViewTruth, ...]

    @property
    def truth(self) -> Truth:
        return worst_truth([view.truth for view in self.views])

    @property
    def rms_px(self) -> float:
        """Of all views together, as the ledger has it for the rig; NaN where a view sees nothing of the ball."""
        return float(np.sqrt(np.mean(np.square([view.ball.rms_px for view in self.views]))))

    @property
    def worst(self) -> ViewTruth:
        """The view that displaces the ball most; one that does not see it at all is worse than any."""
        return max(self.views, key=lambda view: np.inf if np.isnan(view.ball.rms_px) else view.ball.rms_px)

    @property
    def mean_deg(self) -> float:
        return float(np.mean([view.rays.mean_deg for view in self.views]))

    @property
    def max_deg(self) -> float:
        return float(np.max([view.rays.max_deg for view in self.views]))


def _verdict(view: ViewPlan, mode: Mode, rays: RayError, shift: float) -> Truth:
    """Measured as the ledger measures it, not taken from the mode's name."""
    moved = shift > _SAME_PLACE * float(np.linalg.norm(view.true.centre))
    if rays.max_deg <= RAY_TOLERANCE_DEG and not moved:
        return Truth.TRUE
    return Truth.APPROXIMATE if mode in (Mode.DISTANCE_MATCHED, Mode.RAW) else Truth.FALSE


def plan_truth(plan: Plan, subject: Subject, rays_per_side: int = 65, views: Sequence[int] | None = None) -> PlanTruth:
    """``subject`` in the frame of the plan's true cameras; ``views``: places in the rig, all where None."""
    out = []
    for index in range(len(plan.views)) if views is None else views:
        view = plan.views[index]
        rays = ray_error(view.declared, view.true, rays_per_side)
        shift = float(np.linalg.norm(view.declared.centre - view.true.centre))
        truth = _verdict(view, plan.mode, rays, shift)
        out.append(ViewTruth(view.source.name, truth, rays, ball_picture(view, subject), shift))
    return PlanTruth(plan.mode, subject, tuple(out))
