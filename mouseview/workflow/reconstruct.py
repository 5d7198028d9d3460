"""Run GS-LRM on a prepared sample, render the Gaussians at every camera and score them against the photographs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mouseview.formats.files import file_names, write_atomically
from mouseview.formats.images import write_png
from mouseview.inference.passes import Pass, remember
from mouseview.inference.worker.client import WorkerClient
from mouseview.metrics.difference import difference
from mouseview.metrics.scores import COLLAPSE_ALPHA, Scores, compare
from mouseview.model.camera import Camera
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.gaussians import Gaussians
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.prepare import prepare
from mouseview.splats.ply import write_ply
from mouseview.splats.rasterise import render
from mouseview.workflow.inspect import numbers
from mouseview.workflow.open import fed_and_held_out

F32 = npt.NDArray[np.float32]
Progress = Callable[[float, str], None]

INPUT = "input"
HELD_OUT = "held-out"


def no_progress(_fraction: float, _what: str) -> None:
    """For callers that show none."""


def never() -> bool:
    """For callers that cannot cancel."""
    return False


@dataclass(frozen=True, eq=False)
class ViewResult:
    """One view: truth and prediction (S, S, 4) float32 on white, at the camera that was declared to the model."""

    name: str
    role: str
    truth: F32
    prediction: F32
    scores: Scores


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """predicted_alpha: mean predicted alpha inside the truth masks of the fed views, NaN where there are none.

    seconds: from handing the views to the worker to its Gaussians.  device: where it ran.  ran: what the pass through
    the network alone has cost, where the worker tells.
    """

    prepared: Prepared
    gaussians: Gaussians
    views: tuple[ViewResult, ...]
    seconds: float
    predicted_alpha: float
    device: str
    checkpoint: str
    ran: Pass | None = None

    @property
    def white_collapse(self) -> bool | None:
        """None where no mask says what should have been painted."""
        return self.predicted_alpha < COLLAPSE_ALPHA if np.isfinite(self.predicted_alpha) else None

    def of(self, role: str) -> tuple[ViewResult, ...]:
        return tuple(view for view in self.views if view.role == role)


@contextlib.contextmanager
def worker_or(client: WorkerClient | None) -> Iterator[WorkerClient]:
    """The caller's worker, left running; or one of our own, ended with the block."""
    if client is not None:
        yield client
        return
    with WorkerClient() as own:
        yield own


def render_at(gaussians: Gaussians, camera: Camera, supersample: int = 1) -> F32:
    """(H, W, 4) float32 on white at a declared camera, or at ``supersample`` times its size."""
    return render(gaussians, camera.resized(camera.width * supersample, camera.height * supersample))


def reconstruct(
    sample: Sample,
    recipe: Recipe,
    checkpoint: str = "mouse-256",
    device: str = "auto",
    held_out: tuple[str, ...] = (),
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = never,
    client: WorkerClient | None = None,
) -> Reconstruction:
    """GS-LRM on the fed views of ``sample``, judged at all of them.

    The checkpoint decides the model format; ``recipe.views`` and ``held_out`` decide what is fed. ``progress`` gets
    0..1 and a few words. Raises ``Cancelled`` soon after ``cancelled()`` turns true, ``MouseViewError`` otherwise.
    """
    fed = fed_and_held_out(sample.rig, held_out, recipe.views)
    with worker_or(client) as worker:
        progress(0.0, "opening the checkpoint")
        model = str(worker.describe(checkpoint)["model_format"])
        progress(0.05, "normalising the views")
        prepared = prepare(sample, dataclasses.replace(recipe, model=model, views=fed))
        _stop_if(cancelled)
        began = time.perf_counter()
        gaussians = gaussians_of(
            worker,
            prepared,
            fed,
            checkpoint,
            device,
            lambda fraction, what: progress(0.15 + 0.65 * fraction, what),
            cancelled,
        )
        seconds = time.perf_counter() - began
        ran = worker.last_pass
    remember_pass(ran)
    views = []
    for index, camera in enumerate(prepared.rig):
        _stop_if(cancelled)
        progress(0.8 + 0.2 * index / len(prepared.rig), f"rendering {camera.name}")
        prediction = render_at(gaussians, camera)
        truth = prepared.images[index]
        role = INPUT if camera.name in fed else HELD_OUT
        scores = scored(prediction, truth, sample, index)
        views.append(ViewResult(camera.name, role, truth, prediction, scores))
    progress(1.0, "done")
    ran_on = worker.device or device
    alpha = _alpha_inside_masks(views)
    return Reconstruction(prepared, gaussians, tuple(views), seconds, alpha, ran_on, checkpoint, ran)


def gaussians_of(
    worker: WorkerClient,
    prepared: Prepared,
    names: tuple[str, ...],
    checkpoint: str,
    device: str,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> Gaussians:
    """What the network makes of the prepared views ``names``, fed in this order."""
    chosen = [prepared.rig.names.index(name) for name in names]
    return worker.reconstruct(
        checkpoint,
        np.ascontiguousarray(prepared.images[chosen][..., :3]),
        prepared.fxfycxcy[chosen],
        prepared.c2w[chosen],
        device=device,
        progress=progress,
        cancelled=cancelled,
    )


def remember_pass(ran: Pass | None) -> None:
    """For later estimates. A cache that cannot be written costs nothing but these."""
    if ran is not None:
        with contextlib.suppress(MouseViewError, OSError):
            remember(ran)


def scored(prediction: F32, truth: F32, sample: Sample, index: int) -> Scores:
    """Scores of view ``index``: without a mask of its own, alpha is where the photograph lies, not the subject."""
    source = sample.sources[index]
    has_mask = source is not None and source.has_mask
    return compare(prediction, truth if has_mask else truth[..., :3])


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("the reconstruction was cancelled")


def _alpha_inside_masks(views: list[ViewResult]) -> float:
    """Mean predicted alpha over the subject's pixels of the fed views; NaN where no view has a mask that shows one."""
    inside = [
        view.prediction[..., 3][view.truth[..., 3] > 0.5]
        for view in views
        if view.role == INPUT and view.scores.subject_alpha is not None
    ]
    joined = np.concatenate(inside) if inside else np.zeros(0)
    return float(joined.mean()) if joined.size else float("nan")


def describe_view(view: ViewResult) -> dict[str, Any]:
    """One view of ``metrics.json``; an infinite PSNR (identical images) is written as null."""
    return numbers({"name": view.name, "role": view.role, **dataclasses.asdict(view.scores)})


def write_reconstruction(reconstruction: Reconstruction, out: str | Path) -> dict[str, Any]:
    """Write ``gaussians.ply``, strips of truth, prediction and difference, and ``metrics.json``; return the last."""
    folder = Path(out)
    (folder / "renders").mkdir(parents=True, exist_ok=True)
    write_ply(reconstruction.gaussians, folder / "gaussians.ply")
    names = file_names([view.name for view in reconstruction.views])
    for name, view in zip(names, reconstruction.views, strict=True):
        write_png(folder / "renders" / f"{name}.png", strip(view.truth, view.prediction))
    document = {
        "gaussians": str(folder / "gaussians.ply"),
        "count": len(reconstruction.gaussians),
        "checkpoint": reconstruction.checkpoint,
        "mode": str(reconstruction.prepared.mode),
        "device": reconstruction.device,
        "seconds": reconstruction.seconds,
        "pass": dataclasses.asdict(reconstruction.ran) if reconstruction.ran is not None else None,
        "views": [describe_view(view) for view in reconstruction.views],
        "predicted_alpha": numbers(reconstruction.predicted_alpha),
        "white_collapse": reconstruction.white_collapse,
    }
    write_atomically(folder / "metrics.json", json.dumps(document, indent=1).encode())
    return document


def strip(truth: F32, prediction: F32) -> npt.NDArray[np.uint8]:
    """Truth | prediction | absolute difference, (H, 3 W, 3) uint8."""
    shown = as_uint8(np.concatenate([truth[..., :3], prediction[..., :3]], axis=1))
    return np.concatenate([shown, difference(prediction, truth).image], axis=1)


def as_uint8(image: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint8]:
    """Float image in 0..1 → uint8, rounded."""
    return np.clip(np.rint(image * 255.0), 0, 255).astype(np.uint8)
