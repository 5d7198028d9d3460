"""All modes on one sample, judged where they can be judged fairly: on the same pixels of the photographs.

Each mode shows the model other crops with other cameras, so scores on its own images do not compare. Here every
prediction, rendered by the camera that the mode declared, is carried back through what the mode did to the image, onto
the source camera's own pixels at the model's resolution.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.inference.worker.client import WorkerClient
from mouseview.metrics.scores import Scores
from mouseview.model.camera import Camera
from mouseview.model.errors import Cancelled, CheckpointError, MouseViewError
from mouseview.model.finding import Truth
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Image, Sample
from mouseview.normalise.pixel_grid import pixel_grid
from mouseview.normalise.prepare import source_to_canonical
from mouseview.resources import model_format
from mouseview.workflow.reconstruct import (
    HELD_OUT,
    INPUT,
    Progress,
    Reconstruction,
    never,
    no_progress,
    reconstruct,
    render_at,
    scored,
    worker_or,
)

F32 = npt.NDArray[np.float32]

_SUPERSAMPLE = 2  # of the prediction and of the grid it is carried to, so that this costs no sharpness
_ASKED_EVERY_PX = 8 * _SUPERSAMPLE  # of the finer grid: the lens is smooth


@dataclass(frozen=True, eq=False)
class SourceView:
    """One view on the source camera's pixel grid at the model's resolution: truth and prediction (h, w, 4) on white."""

    name: str
    role: str
    truth: F32
    prediction: F32
    scores: Scores


@dataclass(frozen=True, eq=False)
class ModeResult:
    """What one mode led to; ``error`` says why there is no reconstruction."""

    mode: Mode
    truth: Truth
    reconstruction: Reconstruction | None
    views: tuple[SourceView, ...] = ()
    error: str | None = None

    def _mean(self, role: str, score: str) -> float:
        values = [getattr(view.scores, score) for view in self.views if view.role == role]
        finite = [value for value in values if value is not None and np.isfinite(value)]
        return float(np.mean(finite)) if finite else float("nan")

    @property
    def input_psnr_subject(self) -> float:
        return self._mean(INPUT, "psnr_subject")

    @property
    def heldout_psnr_subject(self) -> float:
        return self._mean(HELD_OUT, "psnr_subject")

    @property
    def heldout_psnr(self) -> float:
        return self._mean(HELD_OUT, "psnr")

    @property
    def white_baseline_subject(self) -> float:
        """Of a blank white image, on the subject of the held-out views (of the fed ones where none is held out)."""
        role = HELD_OUT if any(view.role == HELD_OUT for view in self.views) else INPUT
        return self._mean(role, "white_baseline_subject")

    @property
    def white_collapse(self) -> bool:
        return self.reconstruction is not None and self.reconstruction.white_collapse is True


def comparison_camera(source: Camera, focal_px: float) -> Camera:
    """The source camera at the size where its focal length equals the model's: one truth for all modes."""
    factor = min(1.0, focal_px / source.fx)
    return source.resized(max(1, round(source.width * factor)), max(1, round(source.height * factor)))


def shrink(image: Image, width: int, height: int) -> F32:
    """(H, W, 4) straight alpha → (height, width, 4) float32 on white, area-averaged with premultiplied colour."""
    values = image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)
    values[..., :3] *= values[..., 3:]
    small = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
    small[..., :3] += 1.0 - small[..., 3:]
    return small


def on_source(reconstruction: Reconstruction, index: int, sample: Sample) -> SourceView:
    """One view's prediction carried back to the source camera's pixels, beside the photograph there.

    The pixels depend on the source camera and the model's format alone, never on the mode.
    """
    prepared, source = reconstruction.prepared, sample.rig[index]
    view = comparison_camera(source, model_format(prepared.model).focal)
    fine = view.resized(view.width * _SUPERSAMPLE, view.height * _SUPERSAMPLE)
    predicted = render_at(reconstruction.gaussians, prepared.rig[index], _SUPERSAMPLE)
    canonical = pixel_grid(
        lambda pixels: source_to_canonical(prepared, index, fine, pixels), fine.width, fine.height, _ASKED_EVERY_PX
    )
    # OpenCV counts from pixel centres; where the model saw nothing the prediction is white
    maps = np.nan_to_num(canonical * _SUPERSAMPLE - 0.5, nan=-1e6).astype(np.float32)
    carried = cv2.remap(
        predicted,
        maps[..., 0],
        maps[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(1.0, 1.0, 1.0, 0.0),
    )
    carried = cv2.resize(carried, view.size, interpolation=cv2.INTER_AREA)
    truth = shrink(sample.image(index), view.width, view.height)
    role = reconstruction.views[index].role
    return SourceView(source.name, role, truth, carried, scored(carried, truth, sample, index))


def compare_modes(
    sample: Sample,
    modes: tuple[Mode, ...] = tuple(Mode),
    checkpoint: str = "mouse-256",
    device: str = "auto",
    held_out: tuple[str, ...] = (),
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = never,
    recipe: Recipe | None = None,
    client: WorkerClient | None = None,
) -> tuple[ModeResult, ...]:
    """Reconstruct ``sample`` in every mode and judge all of them on the same source pixels.

    A mode that fails (a mask is missing, say) becomes a result with its error; ``Cancelled`` and ``CheckpointError``
    end the whole.
    """
    base = recipe or Recipe()
    results: list[ModeResult] = []
    with worker_or(client) as worker:
        for number, mode in enumerate(modes):

            def report(fraction: float, what: str, number: int = number, mode: Mode = mode) -> None:
                progress((number + fraction) / len(modes), f"{mode}: {what}")

            try:
                result = reconstruct(
                    sample,
                    dataclasses.replace(base, mode=mode),
                    checkpoint,
                    device,
                    held_out,
                    report,
                    cancelled,
                    worker,
                )
            except (Cancelled, CheckpointError):  # no other mode would fare better
                raise
            except MouseViewError as error:
                results.append(ModeResult(mode, mode.truth, None, error=str(error)))
                continue
            views = tuple(on_source(result, index, sample) for index in range(len(sample.rig)))
            results.append(ModeResult(mode, result.prepared.ledger.verdict.truth, result, views))
    return tuple(results)
