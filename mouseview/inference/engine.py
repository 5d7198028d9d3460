"""The engine: a checkpoint on a device, numpy in and numpy out. Needs torch; ``worker`` runs it in another process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mouseview.inference.catalog import resolve
from mouseview.inference.checkpoint import Checkpoint, Progress, build_network, converted, is_large, open_checkpoint
from mouseview.inference.config import GSLRMConfig
from mouseview.inference.gslrm import GSLRM
from mouseview.inference.views import F32, posed_views
from mouseview.model.errors import Cancelled, EngineError
from mouseview.model.gaussians import Gaussians
from mouseview.model.model_format import ModelFormat


@dataclass(frozen=True, eq=False)
class Engine:
    """GS-LRM ready to run: float32 on the CPU, half precision (bf16 where there is it) on CUDA. One pass at a time."""

    checkpoint: Checkpoint
    network: GSLRM
    device: torch.device
    _one_pass: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def config(self) -> GSLRMConfig:
        return self.checkpoint.config

    @property
    def model_format(self) -> ModelFormat:
        return self.checkpoint.model_format

    def encode(self, images: npt.ArrayLike, fxfycxcy: npt.ArrayLike, c2w: npt.ArrayLike) -> F32:
        """(V, C, H, W): what the network is fed, C = 9 or 12. Arguments and errors as for ``reconstruct``."""
        with torch.inference_mode():
            return self.network.encode(*self._tensors(images, fxfycxcy, c2w))[0].cpu().numpy()

    def reconstruct(
        self,
        images: npt.ArrayLike,
        fxfycxcy: npt.ArrayLike,
        c2w: npt.ArrayLike,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Gaussians:
        """images (V, H, W, 3 or 4) in 0..1 on white (alpha is ignored); fxfycxcy (V, 4) px; c2w (V, 4, 4) OpenCV.

        Gaussians in model units, world frame: the free ones, then one a pixel by view and patch. progress gets 0..1
        and a few words after every layer. Raises ``Cancelled`` soon after ``cancelled()`` turns true, ``EngineError``
        for input that does not fit, for lack of memory, or when the network returns NaN.
        """
        tensors = self._tensors(images, fxfycxcy, c2w)

        def on_layer(done: int, layers: int) -> None:
            if cancelled is not None and cancelled():
                raise Cancelled("the reconstruction was cancelled")
            if progress is not None:
                progress(done / layers, f"layer {done} of {layers}")

        try:
            with self._one_pass, torch.inference_mode(), self._precision():
                scene = self.network(*tensors, on_layer=on_layer)
                fields = (scene.xyz, scene.sh, scene.scale, scene.rotation, scene.opacity)
                return Gaussians(*(self._checked(values[0]) for values in fields))
        except (RuntimeError, MemoryError) as error:
            if not _out_of_memory(error):
                raise
            raise EngineError(
                "too little memory for these views",
                place=str(self.device),
                remedy="use fewer views, close other programs, or choose another device",
            ) from error

    def _tensors(
        self, images: npt.ArrayLike, fxfycxcy: npt.ArrayLike, c2w: npt.ArrayLike
    ) -> tuple[Tensor, Tensor, Tensor]:
        views = posed_views(images, fxfycxcy, c2w)
        patch = self.config.patch_size
        height, width = views.images.shape[1:3]
        if height % patch or width % patch:
            raise EngineError(
                f"images of {width}×{height} px are no multiple of the patch size {patch}",
                place="input of the network",
                remedy="normalise to the size of the model's camera format",
            )
        pixels = torch.from_numpy(views.images).movedim(-1, 1)[None].to(self.device)
        intrinsics, poses = (torch.from_numpy(a)[None].to(self.device) for a in (views.fxfycxcy, views.c2w))
        return pixels, intrinsics, poses

    def _precision(self) -> torch.autocast:
        on_gpu = self.device.type == "cuda"
        half = torch.bfloat16 if not on_gpu or torch.cuda.is_bf16_supported() else torch.float16
        return torch.autocast(self.device.type, dtype=half, enabled=on_gpu)

    def _checked(self, values: Tensor) -> npt.NDArray[np.float32]:
        array: npt.NDArray[np.float32] = values.float().cpu().numpy()
        if not np.isfinite(array).all():
            raise EngineError(
                "the network returned NaN or infinity",
                place=str(self.checkpoint.source),
                remedy="try the device cpu (full precision); if it stays, the weights are damaged",
            )
        return array


def load_engine(
    checkpoint: str | Path,
    device: str = "auto",
    config: GSLRMConfig | Path | str | None = None,
    progress: Progress | None = None,
) -> Engine:
    """Open a checkpoint (file, run folder, or a name of the catalog that is on this machine) on a device.

    device: auto (CUDA where there is it), cpu, cuda, cuda:N. A large training checkpoint is converted once, see
    ``progress``. Raises ``CheckpointError`` or ``EngineError``; nothing is ever downloaded here.
    """
    chosen = choose_device(device)
    opened = open_checkpoint(resolve(checkpoint), config)
    if is_large(opened):
        opened = converted(opened, progress)
    try:
        return Engine(opened, build_network(opened, chosen), chosen)
    except (RuntimeError, MemoryError) as error:
        if not _out_of_memory(error):
            raise
        raise EngineError(
            f"too little memory for {opened.parameters / 1e6:.0f} M parameters",
            place=str(chosen),
            remedy="close other programs, or choose another device or a smaller checkpoint",
        ) from error


def choose_device(name: str) -> torch.device:
    """``auto`` → CUDA where torch sees it, else the CPU. Raises ``EngineError`` for what is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise EngineError(f"no device {name!r}", remedy="choose auto, cpu, cuda or cuda:N") from error
    if device.type not in {"cpu", "cuda"}:
        raise EngineError(f"the device {name!r} is not supported", remedy="choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise EngineError(
            f"{name!r} is not available: torch sees {torch.cuda.device_count()} CUDA devices",
            remedy="choose the device cpu, or see `mouseview doctor` for the driver and torch's build",
        )
    return device


def _out_of_memory(error: BaseException) -> bool:
    # the CPU allocator of torch raises a plain RuntimeError
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
