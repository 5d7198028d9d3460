"""A client whose network cannot tell the order of its views, or, for comparison, can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from mouseview.inference.hardware import cpu_name
from mouseview.inference.passes import Pass
from mouseview.inference.worker.client import WorkerClient
from mouseview.model.gaussians import Gaussians
from tests.workflow.stage import MODEL

SIZES = "those of a test"
_SHOWN_EVERY = 97  # of the Gaussians: enough to paint a picture, few enough to be quick


class ViewwiseClient(WorkerClient):
    """Answers with Gaussians that each come from one view alone, like a network that cannot tell an order.

    favours_first: moves those of the first view.
    """

    def __init__(self, favours_first: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._favours_first = favours_first
        self.fed: list[npt.NDArray[np.float32]] = []

    def describe(self, *_arguments: Any, **_options: Any) -> dict[str, Any]:
        return {"model_format": MODEL, "config": {"add_refsrc_marker": self._favours_first}}

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
        self.fed.append(c2w)
        self._last_pass = Pass("cpu", f"{cpu_name()}, 2 threads", SIZES, tokens=2050, flop=6e10, seconds=0.5)
        if progress is not None:
            progress(1.0, "layer 1 of 1")
        views, per_view = len(images), images.shape[1] * images.shape[2]
        spread = np.random.default_rng(0).normal(0, 0.25, (per_view, 3))
        xyz = np.concatenate([np.zeros((1, 3)), *(spread + 0.1 * pose[:3, 3] for pose in c2w)])
        if self._favours_first:
            xyz[1 : 1 + per_view] += 0.3
        shown = np.concatenate([[1], np.tile(np.arange(per_view) % _SHOWN_EVERY == 0, views)])
        colours = np.concatenate([np.zeros((1, 3)), images.reshape(-1, 3)])
        count = len(xyz)
        return Gaussians(xyz, colours[:, None], np.full((count, 3), 0.03), np.eye(4)[np.zeros(count, int)], 0.8 * shown)
