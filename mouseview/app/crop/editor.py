"""The editor of one view: what stays between two moves of a hand, and what every move leads to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mouseview.app.crop import hand, snap
from mouseview.app.crop.curves import border
from mouseview.app.crop.draft import DraftPlan, Ground
from mouseview.app.crop.hand import Held
from mouseview.app.crop.live import LiveSource, full_quality, live_warp
from mouseview.app.crop.shown import Bytes, Result, Shown
from mouseview.app.crop.snap import Target
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.model.recipe import Framing, with_framing
from mouseview.multiview.masks import MaskStats
from mouseview.normalise.ledger import view_rows
from mouseview.normalise.pixel_map import PixelMap
from mouseview.normalise.plan import Plan, ViewPlan

_ALPHA_STRIDE = 4  # px: the ledger's shares of a preview need no more


@dataclass(frozen=True, eq=False)
class Grip:
    """Where a hand took hold. canonical: the pixel that stays under the pointer; None beyond the lens's reach."""

    held: Held
    pixel: Array
    canonical: Array | None
    middle: Array | None  # of the window in source px


@dataclass(frozen=True, eq=False)
class Editor:
    """View ``index`` of a ground. source: its photograph; None where there is none. probes: probed world points."""

    ground: Ground
    index: int
    source: LiveSource | None
    probes: tuple[Array, ...] = ()
    _last: list[DraftPlan] = field(default_factory=list, init=False, repr=False)  # asked for again by the same move

    @property
    def camera(self) -> Camera:
        return self.ground.sample.rig[self.index]

    @property
    def stats(self) -> MaskStats | None:
        return self.ground.masks[self.index]

    @property
    def framing(self) -> Framing:
        """The project's."""
        return self.ground.recipe.framing(self.camera.name)

    @cached_property
    def _own(self) -> PixelMap:
        return self._view(Framing()).pixel_map

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        ground = self.ground
        subject = ground.plan.centre if ground.recipe.mode.follows_rays else ground.guess
        return snap.targets(self.camera, subject.point, self.stats, self.probes)

    def draft(self, framing: Framing) -> DraftPlan:
        """The sample with this view framed so."""
        ground = self.ground
        if framing == self.framing:
            return ground.draft
        framings = with_framing(ground.recipe.framings, self.camera.name, framing)
        if self._last and self._last[0].recipe.framings == framings:
            return self._last[0]
        recipe = ground.recipe.replace(framings=framings)
        draft = DraftPlan(ground.sample, ground.reframed(self.index, recipe), recipe)
        self._last[:] = [draft]
        return draft

    def after(self, draft: DraftPlan) -> Editor:
        """The same view once a draft of it has become the project's."""
        return dataclasses.replace(self, ground=dataclasses.replace(self.ground, plan=draft.plan, recipe=draft.recipe))

    def _view(self, framing: Framing) -> ViewPlan:
        return self.draft(framing).plan.views[self.index]

    def held(self, framing: Framing) -> Held:
        plan = self.ground.plan
        return Held(self.camera, plan.mode, plan.model_format.size, framing, self._view(framing).pixel_map, self._own)

    # ---- moves ---------------------------------------------------------------------------------------------------

    def grip(self, framing: Framing, pixel: Array) -> Grip:
        """Take hold of the window at a pixel (2,) of the photograph."""
        held = self.held(framing)
        canonical = held.pixel_map.to_canonical(pixel)
        middle = held.pixel_map.to_source(held.middle)
        return Grip(held, pixel, _finite(canonical), _finite(middle))

    def aimed(self, grip: Grip, pixel: Array, snap_px: float) -> tuple[Framing | None, str]:
        """The framing that brings what was held to another pixel, and what its middle has snapped to.

        snap_px: how near the middle has to come to a target, in px of the photograph; 0 never snaps.
        """
        if grip.canonical is not None:
            framing = self._carried(grip.held, grip.canonical, pixel)
        elif grip.middle is not None:
            framing = self._carried(grip.held, grip.held.middle, grip.middle + pixel - grip.pixel)
        else:
            return None, ""
        if framing is None or snap_px <= 0:
            return framing, ""
        there = self._view(framing).pixel_map.to_source(grip.held.middle)
        target = snap.nearest(self.targets, there, snap_px) if np.all(np.isfinite(there)) else None
        if target is None:
            return framing, ""
        snapped = self._carried(grip.held, grip.held.middle, target.pixel)
        return (framing, "") if snapped is None else (snapped, target.name)

    def centred(self, framing: Framing, pixel: Array) -> tuple[Framing | None, str]:
        """The window's middle brought to the mask's centroid where the mask was hit, else to the pixel itself."""
        name, goal = "the picked point", pixel
        if self.stats is not None and snap.on_mask(self.stats, pixel):
            name, goal = "the mask's centroid", self.stats.centroid_px
        held = self.held(framing)
        return self._carried(held, held.middle, goal), name

    def rolled(self, grip: Grip, pixel: Array, snapping: bool) -> tuple[Framing | None, str]:
        framing = hand.rolled(grip.held, grip.pixel, pixel)
        if framing is None or not snapping:
            return framing, ""
        roll = snap.snapped_roll(framing.roll_deg)
        if roll == framing.roll_deg:
            return framing, ""
        return hand.rolled_to(grip.held, roll), "upright" if roll == 0 else f"{roll:.0f}°"

    def zoomed(self, framing: Framing, factor: float) -> Framing | None:
        return hand.zoomed(self.held(framing), factor)

    def nudged(self, framing: Framing, right_px: float, down_px: float) -> Framing | None:
        held = self.held(framing)
        goal = _finite(hand.nudge_goal(held, right_px, down_px))
        return None if goal is None else self._carried(held, held.middle, goal)

    def _carried(self, held: Held, canonical: Array, pixel: Array) -> Framing | None:
        return hand.settled(held, lambda h: hand.carried(h, canonical, pixel), self._shown_by)

    def _shown_by(self, framing: Framing) -> PixelMap:
        return self._view(framing).pixel_map

    # ---- what is seen --------------------------------------------------------------------------------------------

    def shown(self, draft: DraftPlan, in_hand: bool = False, snapped: str = "") -> Shown:
        """The view as a draft has it, with a preview of its image."""
        plan, view = draft.plan, draft.plan.views[self.index]
        size = plan.model_format.size
        result, alpha = None, None
        if self.source is not None:
            image, ratio = live_warp(self.source, view.pixel_map, size)
            alpha = image[::_ALPHA_STRIDE, ::_ALPHA_STRIDE, 3].astype(np.float32) / np.float32(255)
            result = Result(image, ratio, view.declared.K[:2, 2], self._subject(plan))
        return Shown(
            source=self.camera,
            mode=plan.mode,
            framing=draft.recipe.framing(self.camera.name),
            in_hand=in_hand,
            border=border(view.pixel_map, size),
            result=result,
            targets=self.targets,
            snapped=snapped,
            rows=view_rows(plan, self.index, self.ground.sample.rig, self.stats, alpha, self.ground.subject),
            declared=view.declared,
            size=size,
        )

    def _subject(self, plan: Plan) -> Array | None:
        """(2,) canonical px where the pixels show the subject's centre."""
        target = next((target for target in self.targets if target.is_subject), None)
        return None if target is None else _finite(plan.views[self.index].pixel_map.to_canonical(target.pixel))

    def full(self) -> Bytes | None:
        """The project's own image of this view as the model is fed with it. For a thread."""
        view = self.ground.plan.views[self.index]
        if self.source is None:
            return None
        return full_quality(self.source.image, view, self.ground.plan.model_format.size)


def _finite(pixel: Array) -> Array | None:
    return pixel if bool(np.all(np.isfinite(pixel))) else None
