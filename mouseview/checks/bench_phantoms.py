"""Random phantoms for the checks: any coat, pose and place, in the demo's rig or another, seen by masks alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Rigid, look_at
from mouseview.model.camera import Camera, Rig
from mouseview.model.sample import ImageSource, Sample
from mouseview.phantom.coats import Coat
from mouseview.phantom.dataset import a_moment_later
from mouseview.phantom.mask_noise import MaskNoise, worsened
from mouseview.phantom.mouse import Mouse, make_mouse
from mouseview.phantom.photographs import render_mask
from mouseview.phantom.rig import HELD_OUT, demo_rig, subject_mm

RGBA = npt.NDArray[np.uint8]

_COATS = (Coat.WHITE, Coat.BROWN, Coat.BLACK)
_WALK_MM = 50.0  # from the arena's middle: some views cut the animal
_STEP_MM = 10.0  # that another moment's image shows the animal away
_CUT_SHARE = 0.02  # of a mask's own outline on the border
_LEAST_SEEN = 4  # views that show something of it, as the demo's own do


@dataclass(frozen=True, eq=False)
class MaskedPhantom:
    """A true rig in mm with a phantom's masks as images (H, W, 4) whose colour is blank, now and a moment later."""

    seed: int
    rig: Rig
    images: tuple[RGBA, ...]
    later: tuple[RGBA, ...]
    coat: Coat
    noise: MaskNoise

    @property
    def is_cut(self) -> bool:
        """Whether some view's border cuts the animal."""
        alphas = [image[..., 3] > 0 for image in self.images]
        return any(a[0].any() or a[-1].any() or a[:, 0].any() or a[:, -1].any() for a in alphas)


def masked_phantom(seed: int, size: tuple[int, int] | None = None) -> MaskedPhantom:
    """The same for the same seed and size (width, height) of the images, 1152×1024 where none is given.

    Every second one has true masks, the others one of the other ``MaskNoise`` kinds; two of four stand in the demo's
    rig, the others in a random one of 4 to 8 cameras.
    """
    rng = np.random.default_rng([0x6D61736B, seed])
    rig = _demo() if seed % 4 < 2 else random_rig(rng)
    if size is not None:
        rig = rig.replace(cameras=tuple(camera.resized(*size) for camera in rig))
    kinds = tuple(MaskNoise)
    noise = MaskNoise.CLEAN if seed % 2 == 0 else kinds[1 + (seed // 2) % (len(kinds) - 1)]
    coat = _COATS[seed % len(_COATS)]
    while True:
        x, y, _ = subject_mm() + np.append(rng.uniform(-_WALK_MM, _WALK_MM, 2), 0.0)
        mouse = make_mouse(seed, coat, (float(x), float(y)))
        images = photographed_masks(mouse, rig, noise, rng)
        if sum(bool(image[..., 3].any()) for image in images) >= min(_LEAST_SEEN, len(rig)):
            break
    turn = rng.uniform(0.0, 2 * np.pi)
    later = a_moment_later(mouse, (_STEP_MM * float(np.cos(turn)), _STEP_MM * float(np.sin(turn))))
    return MaskedPhantom(seed, rig, images, photographed_masks(later, rig, noise, rng), coat, noise)


def photographed_masks(mouse: Mouse, rig: Rig, noise: MaskNoise, rng: np.random.Generator) -> tuple[RGBA, ...]:
    """(H, W, 4) of every camera: white, alpha 255 where the mask, of that noise, shows the animal."""
    out = []
    for camera in rig:
        image = np.full((camera.height, camera.width, 4), 255, np.uint8)
        image[..., 3] = worsened(render_mask(mouse, camera), noise, rng).astype(np.uint8) * 255
        out.append(image)
    return tuple(out)


def sample_of(rig: Rig, images: tuple[RGBA, ...], name: str) -> Sample:
    return Sample(name, rig, tuple(ImageSource(None, partial(np.asarray, image)) for image in images))


def _demo() -> Rig:
    rig = demo_rig()
    return rig.subset(tuple(name for name in rig.names if name not in HELD_OUT))


def random_rig(rng: np.random.Generator) -> Rig:
    """4 to 8 cameras around the arena at unequal distances and heights, aimed beside its middle, with lenses."""
    count = int(rng.integers(4, 9))
    middle = subject_mm() + np.array([0.0, 0.0, 20.0])
    start = rng.uniform(0.0, 360.0)
    cameras = []
    for index in range(count):
        azimuth = np.radians(start + (index + rng.uniform(-0.3, 0.3)) * 360.0 / count)
        elevation, distance = np.radians(rng.uniform(2.0, 50.0)), rng.uniform(260.0, 380.0)
        towards = [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        pose = look_at(middle + distance * np.array(towards), middle + rng.uniform(-15.0, 15.0, 3))
        roll = np.radians(rng.uniform(-3.0, 3.0))
        turn = np.array([[np.cos(roll), -np.sin(roll), 0.0], [np.sin(roll), np.cos(roll), 0.0], [0.0, 0.0, 1.0]])
        focal = rng.uniform(1500.0, 1750.0)
        K = np.array([[focal, rng.uniform(-5, 5), 576.0], [0.0, focal * rng.uniform(0.995, 1.005), 512.0], [0, 0, 1]])
        K[:2, 2] += rng.uniform(-60.0, 60.0, 2)
        lens = rng.uniform([-0.17, 0.0, -5e-3, -5e-3, -1.0], [-0.06, 0.4, 5e-3, 5e-3, 0.2])
        pose = Rigid(turn, np.zeros(3)) @ pose
        cameras.append(Camera(f"cam_{index:03d}", 1152, 1024, K, lens, pose.matrix))
    return Rig(tuple(cameras), units="mm")
