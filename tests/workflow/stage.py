"""The phantom on a small stage, and a client that knows the truth: what a perfect model would give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Similarity
from mouseview.inference.worker.client import WorkerClient
from mouseview.model.camera import Rig
from mouseview.model.errors import Cancelled
from mouseview.model.gaussians import Gaussians
from mouseview.model.sample import Sample
from mouseview.phantom.dataset import phantom_of_sample
from mouseview.phantom.mouse import Mouse
from mouseview.phantom.photographs import render_view
from mouseview.phantom.rig import HELD_OUT, demo_rig
from tests.scene import sample_of

SIZE = (576, 512)  # half of the arena's
MODEL = "mouse-256"


def small_rig() -> Rig:
    return demo_rig().replace(cameras=tuple(camera.resized(*SIZE) for camera in demo_rig()))


def fed_names(rig: Rig) -> tuple[str, ...]:
    return tuple(name for name in rig.names if name not in HELD_OUT)


def phantom_sample(rig: Rig | None = None) -> tuple[Mouse, Sample]:
    rig = rig or small_rig()
    mouse = phantom_of_sample(0, 0)
    return mouse, sample_of([render_view(mouse, camera) for camera in rig], rig)


def moved(gaussians: Gaussians, similarity: Similarity) -> Gaussians:
    """For similarities that keep the axes: colours that depend on direction and rotations stay."""
    np.testing.assert_allclose(similarity.R, np.eye(3), atol=1e-9)
    scale = np.float32(similarity.scale)
    return Gaussians(
        similarity.apply(gaussians.xyz), gaussians.sh, gaussians.scale * scale, gaussians.rotation, gaussians.opacity
    )


def between(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]) -> Similarity:
    """Least squares over points (N, 3), scale and translation alone."""
    a, b = before - before.mean(axis=0), after - after.mean(axis=0)
    scale = float(np.sum(a * b) / np.sum(a * a))
    return Similarity(np.array(scale), np.eye(3), after.mean(axis=0) - scale * before.mean(axis=0))


class TruthfulClient(WorkerClient):
    """Answers with the phantom itself, put where the declared cameras say that the rig stands.

    Where the declared poses are one similarity of the rig this is what a perfect model would give.
    """

    def __init__(self, mouse: Mouse, fed: Rig) -> None:
        super().__init__()
        self._mouse, self._fed = mouse, fed
        self.requests = 0
        self.closed = False

    def describe(self, *_arguments: Any, **_options: Any) -> dict[str, Any]:
        return {"model_format": MODEL}

    @property
    def device(self) -> str:
        return "imagination"

    def reconstruct(  # type: ignore[override]
        self,
        checkpoint: str,
        images: npt.NDArray[np.float32],
        fxfycxcy: npt.NDArray[np.float32],
        c2w: npt.NDArray[np.float32],
        device: str = "auto",
        progress: Callable[[float, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Gaussians:
        self.requests += 1
        assert images.shape == (len(self._fed), 256, 256, 3)
        assert fxfycxcy.shape == (len(self._fed), 4)
        if progress is not None:
            progress(0.5, "dreaming")
        if cancelled is not None and cancelled():
            raise Cancelled("stopped")
        return moved(self._mouse.gaussians, between(self._fed.centres, c2w[:, :3, 3].astype(np.float64)))

    def close(self) -> None:
        self.closed = True
        super().close()
