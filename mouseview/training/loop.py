"""A whole run: mice made beside it, stages, held-out figures, states to resume from, results before the time is up."""

from __future__ import annotations

import random
import signal
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any

import torch

from mouseview import resources
from mouseview.geometry.rays import RayEncoding
from mouseview.inference.config import GSLRMConfig
from mouseview.inference.gslrm import GSLRM
from mouseview.inference.weights_file import read_weights
from mouseview.training import results
from mouseview.training.cameras import CameraSpread
from mouseview.training.evaluate import HeldOut, evaluate
from mouseview.training.herd import Herd
from mouseview.training.scenes import Placement
from mouseview.training.schedule import Schedule, Stage
from mouseview.training.splats import Renderer
from mouseview.training.step import LossWeights, Trainer, loss_of, make_batch

SMALL = GSLRMConfig(encoding=RayEncoding.NEAREST, d=256, d_head=64, n_layer=8, patch_size=8, n_gaussians=2)
_FIRST_MICE = 128


@dataclass(frozen=True)
class RunSettings:
    """minutes: wall clock of the whole command, results included (None: by steps).  held_out: mice of each coat.

    start_from: weights to begin with in place of random ones (a state that is resumed goes before them).

    novel, supervised_inputs: views of a scene that the loss judges.  mice: size of the herd.  gaussians: of a mouse.
    evaluate_s, save_s: seconds between evaluations and saved states.
    """

    out: Path
    stages: tuple[Stage, ...]
    minutes: float | None = None
    seed: int = 0
    resume: bool = False
    start_from: Path | None = None
    config: GSLRMConfig = SMALL
    format_name: str = "mouse-256"
    views: tuple[int, int] = (4, 8)
    novel: int = 3
    supervised_inputs: int = 2
    mice: int = 4000
    gaussians: int = 32_000
    held_out: int = 8
    peak_rate: float = 5e-4
    evaluate_s: float = 90.0
    save_s: float = 60.0
    reserve_s: float = 25.0
    workers: int | None = None
    loss: LossWeights = field(default_factory=LossWeights)
    spread: CameraSpread = field(default_factory=CameraSpread)
    placement: Placement = field(default_factory=Placement)


class StopRequest:
    """Set by SIGTERM and SIGINT while it is entered: the loop then ends after its step and still writes everything."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> StopRequest:
        self._before = {s: signal.signal(s, self._ask) for s in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


class Run:
    """State of one run; ``train`` is the loop."""

    def __init__(self, settings: RunSettings, render: Renderer, device: torch.device, started: float) -> None:
        self.settings, self.render, self.device, self._started = settings, render, device, started
        self.card = resources.model_format(settings.format_name)
        torch.manual_seed(settings.seed)
        self.generator = torch.Generator(device).manual_seed(settings.seed)
        self.trainer = Trainer(GSLRM(settings.config).to(device), settings.peak_rate)
        self.step, self.skipped, self.seconds_before, progress = 0, 0, 0.0, 0.0
        if settings.start_from is not None:
            self.trainer.network.load_state_dict(read_weights(settings.start_from).tensors)
        settings.out.mkdir(parents=True, exist_ok=True)
        if settings.resume and (settings.out / results.STATE_NAME).is_file():
            run = results.read_state(settings.out, self.trainer, self.generator)
            self.step, self.skipped = int(run["step"]), int(run["skipped"])
            self.seconds_before, progress = float(run["seconds"]), float(run["progress"])
            self._say(f"resumed at step {self.step}, {progress:.0%} of the run")
        self._progress = progress
        self.figures: dict[str, Any] = {}

    def train(self) -> dict[str, Any]:
        """Until the schedule is through or a stop is asked for; returns the card that was written."""
        s = self.settings
        with StopRequest() as stop, Herd(s.mice, s.gaussians, s.seed * 1_000_000, self.device, s.workers) as herd:
            held_out = HeldOut.make(s.held_out, s.gaussians)
            herd.wait_for(_FIRST_MICE)
            self._say(f"{herd.ready} mice ready after {self._elapsed():.1f} s")
            limit = None if s.minutes is None else s.minutes * 60 - s.reserve_s - self._elapsed()
            schedule = Schedule(s.stages, limit, self.step, self._progress)
            self._loop(schedule, herd, held_out, stop)
        self._evaluate(held_out, s.stages[-1].size, "final")
        self._save()
        return results.read_card(s.out)

    def _loop(self, schedule: Schedule, herd: Herd, held_out: HeldOut, stop: StopRequest) -> None:
        s = self.settings
        pick = random.Random(f"{s.seed} {self.step}")
        evaluated = saved = told = monotonic()
        told_step, size = self.step, 0
        while (progress := schedule.progress) < 1.0 and not stop.asked:
            stage = schedule.stage(progress)
            if stage.size != size:
                size = stage.size
                self._say(f"step {self.step}: {size} px")
            views = pick.randint(*s.views)
            mice = herd.sample(stage.scenes(views), self.generator)
            batch = make_batch(
                mice, views, s.novel, size, self.card, self.render, self.generator, s.spread, s.placement
            )
            parts = loss_of(self.trainer.network, batch, self.render, s.loss, s.supervised_inputs)
            rate = schedule.learning_rate(s.peak_rate, progress)
            self.skipped += not self.trainer.apply(parts["total"], rate)
            self.step += 1
            schedule.step, self._progress = self.step, progress
            now = monotonic()
            if now - told > 5.0:
                self._tell(parts, rate, (now - told) / (self.step - told_step), herd.ready)
                told, told_step = monotonic(), self.step
            if now - evaluated > s.evaluate_s:
                self._evaluate(held_out.first(16), size, f"step_{self.step:06d}")
                evaluated = told = monotonic()
            if now - saved > s.save_s:
                self._save()
                saved = told = monotonic()
        self._progress = schedule.progress

    def _tell(self, parts: dict[str, torch.Tensor], rate: float, step_s: float, mice: int) -> None:
        memory = torch.cuda.max_memory_allocated() / 2**30 if self.device.type == "cuda" else 0.0
        decibel = {name: -10 * torch.log10(parts[name]).item() for name in ("mse", "subject_mse")}
        self._say(
            f"step {self.step} {self._progress:6.1%} {step_s * 1e3:6.1f} ms/step lr {rate:.2e} "
            f"loss {parts['total'].item():.5f} psnr {decibel['mse']:.2f} subject {decibel['subject_mse']:.2f} "
            f"silhouette {parts['silhouette'].item():.5f} mice {mice} skipped {self.skipped} {memory:.1f} GiB"
        )

    def _evaluate(self, held_out: HeldOut, size: int, name: str) -> None:
        before = monotonic()
        figures, strips = evaluate(self.trainer.network, held_out, size, self.card, self.render, self.device)
        self.figures = figures
        results.write_strips(self.settings.out / f"strip_{name}.png", strips)
        coats = " ".join(
            f"{coat} {row['psnr_subject']:.2f}({row['gain_subject']:+.2f})" for coat, row in figures["coats"].items()
        )
        self._say(
            f"held out, {size} px, {figures['mice']} mice: whole {figures['psnr']:.2f} dB, subject "
            f"{figures['psnr_subject']:.2f} dB ({figures['gain_subject']:+.2f} over its mean colour); {coats} "
            f"[{monotonic() - before:.1f} s]"
        )

    def _save(self) -> None:
        seconds = self.seconds_before + self._elapsed()
        run = {"step": self.step, "skipped": self.skipped, "progress": self._progress, "seconds": seconds}
        results.write_state(self.settings.out, self.trainer, self.generator, run)
        results.write_model(self.settings.out, self.trainer.network, self.settings.format_name, self._card(run))

    def _card(self, run: dict[str, Any]) -> dict[str, Any]:
        s = self.settings
        recipe = {
            "stages": [asdict(stage) for stage in s.stages],
            "minutes": s.minutes,
            "start_from": None if s.start_from is None else s.start_from.name,
            "views_fed": list(s.views),
            "views_novel": s.novel,
            "views_fed_and_supervised": s.supervised_inputs,
            "optimiser": f"AdamW, peak {s.peak_rate}, cosine, bfloat16",
            "loss": asdict(s.loss),
            "cameras": asdict(s.spread),
            "placement": asdict(s.placement),
            "mice": s.mice,
            "gaussians_per_mouse": s.gaussians,
        }
        device = torch.cuda.get_device_name() if self.device.type == "cuda" else "cpu"
        return {
            "title": self.card.title,
            "seed": s.seed,
            **run,
            "seconds": round(run["seconds"], 1),
            "device": device,
            "torch": str(torch.__version__),
            "parameters": sum(p.numel() for p in self.trainer.network.parameters()),
            "recipe": recipe,
            "figures": self.figures,
        }

    def _elapsed(self) -> float:
        return monotonic() - self._started

    def _say(self, text: str) -> None:
        print(f"[{self._elapsed():7.1f} s] {text}", flush=True)
