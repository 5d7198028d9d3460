"""Write the demo: samples of a phantom in the arena, and the same frame in every way in which such data goes wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mouseview import resources
from mouseview.formats.facelift import FILE_NAME, write_views
from mouseview.formats.images import write_png
from mouseview.model.camera import Rig
from mouseview.model.errors import Cancelled
from mouseview.phantom.damage import DAMAGES
from mouseview.phantom.mouse import Mouse, make_mouse
from mouseview.phantom.photographs import render_view
from mouseview.phantom.rig import HELD_OUT, demo_rig, subject_mm

RGBA = npt.NDArray[np.uint8]

_WALK_MM = 25.0  # how far from the middle of the arena a sample may stand


@dataclass(frozen=True)
class DemoPaths:
    """dataset: folder of true samples.  damaged: one sample folder a damage, by name."""

    dataset: Path
    damaged: dict[str, Path]


def phantom_of_sample(seed: int, index: int) -> Mouse:
    """The mouse of one sample: its own animal, pose, coat and place, all from ``seed``."""
    rng = np.random.default_rng([seed, index])
    x, y, _ = subject_mm()
    dx, dy = rng.uniform(-_WALK_MM, _WALK_MM, 2)
    return make_mouse(seed * 1000 + index, position_mm=(x + dx, y + dy))


def a_moment_later(mouse: Mouse, step_mm: tuple[float, float] = (8.0, -6.0)) -> Mouse:
    """The same animal in the same pose, moved along the floor: what it does in a tenth of a second."""
    step = np.array([*step_mm, 0.0])
    gaussians = dataclasses.replace(mouse.gaussians, xyz=(mouse.gaussians.xyz + step).astype(np.float32))
    return dataclasses.replace(mouse, gaussians=gaussians, centre=mouse.centre + step)


def write_sample(folder: Path, rig: Rig, images: Sequence[RGBA]) -> None:
    """A sample in the lab's layout. Cameras are written last: a folder that has them is whole."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    paths = [f"images/{camera.name}.png" for camera in rig]
    for path, image in zip(paths, images, strict=True):
        write_png(folder / path, image)
    write_views(rig, folder / FILE_NAME, paths, folder.name)


def write_demo(
    out: Path,
    seed: int = 0,
    samples: int = 4,
    progress: Callable[[float, str], None] = lambda _fraction, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> DemoPaths:
    """Write ``out/dataset/sample_…`` and ``out/damaged/<name>``; the same files for the same seed.

    The damaged sets show the first sample through the six fed cameras. Raises ``Cancelled`` between images.
    """
    if samples < 1:
        raise ValueError("a demo has at least one sample")
    rig = demo_rig()
    damaged = {damage.name: out / "damaged" / damage.name for damage in DAMAGES}
    steps = samples + len(DAMAGES)
    for index in range(samples):
        images = []
        mouse = phantom_of_sample(seed, index)
        for camera in rig:
            if cancelled():
                raise Cancelled("writing the demo was cancelled")
            images.append(render_view(mouse, camera))
        name = f"sample_{index:06d}"
        write_sample(out / "dataset" / name, rig, images)
        progress((index + 1) / steps, f"photographed {name}")
        if index == 0:
            first, later = images, a_moment_later(mouse)
    fed = rig.subset(tuple(name for name in rig.names if name not in HELD_OUT))
    true_images = [image for image, camera in zip(first, rig, strict=True) if camera.name not in HELD_OUT]
    later_images = [render_view(later, camera) for camera in fed]
    card = resources.model_format("facelift")
    for number, damage in enumerate(DAMAGES):
        if cancelled():
            raise Cancelled("writing the demo was cancelled")
        write_sample(damaged[damage.name], *damage.apply(fed, true_images, card, later_images))
        progress((samples + number + 1) / steps, f"wrote {damage.name}")
    return DemoPaths(out / "dataset", damaged)
