"""Which way is up, and how the rig is turned about it: candidates with their sources, and one rotation for the rig.

Everything is computed from the rig alone, so it is the same for all frames of a session.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.geometry.rays import angle_between_deg
from mouseview.geometry.transforms import Array, rotation_between
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.model_format import ModelFormat
from mouseview.model.recipe import AzimuthSource, Recipe, UpSource
from mouseview.normalise.azimuth import azimuths_deg, fit_azimuths, outward_directions, turn_about
from mouseview.normalise.possible import pose_possible

_AGREE = 0.5  # share of an image-up that lies along their common up, on average: 60° off tells nothing
_LEVEL_SPREAD = 0.06  # of the second principal part of image-right axes: cameras side by side lie below it
_WIDE_DEG = 35.0  # RMS about their common up: cameras that differ by more mean different things by it
_AWAY_DEG = 90.0


@dataclass(frozen=True, eq=False)
class UpDirection:
    """direction (3,): unit, in the file's frame.  spread_deg: RMS over the cameras or the plane's own uncertainty,
    None where nothing was measured.  reliable: False where the cameras cannot tell it."""

    source: UpSource
    direction: Array
    spread_deg: float | None
    note: str
    reliable: bool = True


@dataclass(frozen=True, eq=False)
class Orientation:
    """R_model_file (3, 3) turns the file's axes into the model's.  up_note, azimuth_note: number and source in words.

    leaning_deg: from up to the direction that the file's frame shares with the model's up.  azimuth_deg: the turn about
    up, after the smallest turn that brings up to the model's.  warnings: what speaks against the choice.
    """

    R_model_file: Array
    up: UpDirection
    leaning_deg: float
    azimuth_deg: float
    up_note: str
    azimuth_note: str
    warnings: tuple[str, ...] = ()

    @property
    def is_identity(self) -> bool:
        return bool(np.array_equal(self.R_model_file, np.eye(3)))


def file_up(model_format: ModelFormat) -> UpDirection:
    """The direction that the file's frame shares with the model's up when nothing is turned."""
    direction = np.array(model_format.up, dtype=np.float64)
    return UpDirection(UpSource.FILE, direction, None, f"the file's {axis_name(direction)}")


def cameras_up(rig: Rig) -> UpDirection | None:
    """What the cameras' images call up: the direction to which their rows lie level, on the side of their tops.

    It is the mean of their image-ups where they stand so that no one direction is level to all of them. None where no
    camera can be a camera.
    """
    cameras = [camera for camera in rig if pose_possible(camera)]
    if not cameras:
        return None
    rights = np.array([camera.pose.R[0] for camera in cameras])
    ups = np.array([-camera.pose.R[1] for camera in cameras])
    forwards = np.array([camera.forward for camera in cameras])
    mean = ups.mean(axis=0)
    values, vectors = np.linalg.eigh(rights.T @ rights / len(rights))
    if values[1] > _LEVEL_SPREAD:
        # rows of level cameras are horizontal however far these look down: the mean of their ups would lean towards
        # where most of them look
        direction, how = vectors[:, 0], "the direction to which the image rows are level"
        direction = direction if direction @ mean >= 0 else -direction
        spread = float(np.degrees(np.sqrt(np.mean(np.arcsin(np.clip(rights @ direction, -1, 1)) ** 2))))
        measure = "the cameras are rolled against it by"
    elif float(np.linalg.norm(mean)) > 1e-6:
        direction, how = mean / np.linalg.norm(mean), "the mean of the images' up directions"
        spread = float(np.sqrt(np.mean(np.square(angle_between_deg(ups, direction)))))
        measure = "they differ from it by"
    else:
        direction, how, spread, measure = ups[0], "the first camera's up", 180.0, "others differ by up to"
    support = float(np.mean(ups @ direction))
    note = f"{how}, of {len(cameras)} cameras; {measure} {spread:.1f}° RMS"
    reliable = support >= _AGREE and spread <= _WIDE_DEG
    if not reliable:
        down = float(np.mean(np.abs(forwards @ direction)))
        why = "they look straight down" if down > np.cos(np.radians(30)) else "they are rolled every way"
        note = f"not reliable: {why}; {note}"
    return UpDirection(UpSource.CAMERAS, direction, spread, note, reliable)


def up_candidates(rig: Rig, recipe: Recipe, model_format: ModelFormat) -> tuple[UpDirection, ...]:
    """The file's, the cameras' and the direction that the recipe holds, where it holds one; unit, in the file's frame.

    Only the views that the recipe feeds are asked.
    """
    fed = rig.subset(recipe.views) if recipe.views else rig
    found = [file_up(model_format), cameras_up(fed)]
    if recipe.up_vector is not None:
        source = recipe.up if recipe.up is UpSource.GROUND else UpSource.GIVEN
        note = dict(recipe.measured).get("up_vector", "given by the user")
        found.append(UpDirection(source, _unit(recipe.up_vector), None, note))
    return tuple(candidate for candidate in found if candidate is not None)


def _unit(vector: tuple[float, float, float]) -> Array:
    direction = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(direction))
    if not (np.isfinite(length) and length > 0):
        raise MouseViewError(f"{vector} is no direction", remedy="give up as X,Y,Z that are not all zero")
    return direction / length


def _chosen_up(candidates: tuple[UpDirection, ...], recipe: Recipe) -> UpDirection:
    for candidate in candidates:
        if candidate.source is recipe.up:
            return candidate
    if recipe.up is UpSource.CAMERAS:
        raise MouseViewError(
            "no camera can tell up: none has a possible pose", remedy="correct the poses that the findings name"
        )
    if recipe.up is UpSource.GROUND:
        raise MouseViewError(
            "up is to be the ground's normal, and the ground has not been measured",
            remedy="measure the session in the Subject panel, or take up from the cameras or as X,Y,Z",
        )
    raise MouseViewError("up is to be a given direction, but none is given", remedy="give it as X,Y,Z")


def orientation(rig: Rig, recipe: Recipe, model_format: ModelFormat) -> Orientation:
    """The one rotation that the recipe asks for. ``recipe.views`` name the cameras that decide it (empty: all).

    Raises ``MouseViewError`` where the recipe's source has nothing to say for this rig.
    """
    model_up = np.array(model_format.up, dtype=np.float64)
    candidates = up_candidates(rig, recipe, model_format)
    chosen = _chosen_up(candidates, recipe)
    R = np.eye(3) if recipe.up is UpSource.FILE else rotation_between(chosen.direction, model_up)
    turned = float(angle_between_deg(chosen.direction, model_up))
    up_note = f"{chosen.note}: {direction_text(chosen.direction)}"
    up_note += f", {turned:.2f}° from the file's {axis_name(model_up)}" if chosen.source is not UpSource.FILE else ""
    azimuth_deg, azimuth_note = _azimuth(rig, R, recipe, model_format)
    if azimuth_deg:
        R = turn_about(model_up, azimuth_deg) @ R
    return Orientation(R, chosen, turned, azimuth_deg, up_note, azimuth_note, _doubts(chosen, candidates))


def _doubts(chosen: UpDirection, candidates: tuple[UpDirection, ...]) -> tuple[str, ...]:
    cameras = next((other for other in candidates if other.source is UpSource.CAMERAS), None)
    if not chosen.reliable:
        return (f"up from the {chosen.source} is {chosen.note}",)
    if cameras is None or not cameras.reliable or chosen is cameras:
        return ()
    away = float(angle_between_deg(chosen.direction, cameras.direction))
    if away <= _AWAY_DEG:
        return ()
    return (
        f"up points away from what the cameras call up, by {away:.0f}°: the model would see the subject upside down",
    )


def _azimuth(rig: Rig, R_up: Array, recipe: Recipe, model_format: ModelFormat) -> tuple[float, str]:
    """Degrees about up, and in words."""
    if recipe.azimuth is AzimuthSource.FILE:
        how = "the file's own axes" if recipe.up is UpSource.FILE else "the smallest turn that brings up to the model's"
        return 0.0, how
    ring = model_format.reference_rigs[0].name
    reference, _ = azimuths_deg(outward_directions(model_format.reference()), model_format.up)
    if recipe.azimuth is AzimuthSource.CAMERA:
        return _of_camera(rig, R_up, recipe.azimuth_camera, float(reference[0]), ring, model_format)
    fed = rig.subset(recipe.views) if recipe.views else rig
    cameras = [camera for camera in fed if pose_possible(camera)]
    if not cameras:
        raise MouseViewError("no camera has a possible pose", remedy="correct the poses that the findings name")
    angles, weights = azimuths_deg(outward_directions(Rig(tuple(cameras))) @ R_up.T, model_format.up)
    if not np.any(weights > 0):
        raise MouseViewError(
            "the cameras look straight along up: they have no azimuth to turn to the reference rig",
            remedy="keep the file's axes, or take up from another source",
        )
    fit = fit_azimuths(angles, weights, reference)
    note = f"turned {fit.turn_deg:+.2f}° about up: {len(cameras)} cameras stand at the azimuths of the reference rig "
    note += f"{ring!r} to {fit.rms_deg:.1f}° RMS"
    if fit.rivals_deg:
        note += f"; {', '.join(f'{other:+.0f}°' for other in fit.rivals_deg[:4])} would fit as well"
    return fit.turn_deg, note


def _of_camera(
    rig: Rig, R_up: Array, name: str, wanted_deg: float, ring: str, model_format: ModelFormat
) -> tuple[float, str]:
    if name not in rig.names:
        raise MouseViewError(
            f"the azimuth is to follow camera {name!r}, which this rig does not have",
            remedy=f"choose one of: {', '.join(rig.names)}",
        )
    if not pose_possible(rig[name]):
        raise MouseViewError("this camera's pose is impossible", place=name, remedy="choose another camera")
    cameras = Rig(tuple(camera for camera in rig if pose_possible(camera)))
    angles, weights = azimuths_deg(outward_directions(cameras) @ R_up.T, model_format.up)
    index = cameras.names.index(name)
    if not weights[index] > 0:
        raise MouseViewError("this camera stands straight above: it has no azimuth", place=name,
                             remedy="choose another camera")  # fmt: skip
    turn = float((wanted_deg - angles[index] + 180.0) % 360.0 - 180.0)
    return (
        turn,
        f"turned {turn:+.2f}° about up: {name} stands at {wanted_deg:.0f}°, first of the reference rig {ring!r}",
    )


def axis_name(direction: Array) -> str:
    """``+Z`` for the axis nearest to a direction (3,)."""
    axis = int(np.argmax(np.abs(direction)))
    return f"{'+' if direction[axis] > 0 else '-'}{'XYZ'[axis]}"


def direction_text(direction: Array) -> str:
    return "(" + ", ".join(f"{value:.4f}" for value in direction + 0.0) + ")"
