"""The work itself, as functions that run in threads: each calls the workflow and returns values for the state.

The workflow is imported here, inside the functions, so that a window appears before numba is loaded.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from mouseview import resources
from mouseview.app import qimages
from mouseview.app.jobs import Ticket
from mouseview.app.state import ComparedView, SampleSummary, ViewImage, worst_of
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding, Severity
from mouseview.model.prepared import Prepared, SubjectCentre
from mouseview.model.recipe import Mode
from mouseview.model.sample import Dataset, Sample

if TYPE_CHECKING:
    from mouseview.inference.hub import DownloadOffer
    from mouseview.inference.worker.client import WorkerClient
    from mouseview.workflow.autosave import BroughtBack
    from mouseview.workflow.compare_modes import ModeResult
    from mouseview.workflow.order import OrderCheck
    from mouseview.workflow.project import Project
    from mouseview.workflow.reconstruct import Reconstruction

T = TypeVar("T")

DEMO_SEED = 1
DEMO_SAMPLES = 3


@dataclass(frozen=True, eq=False)
class Opened:
    """project_file: path of the project that was opened, "" for a dataset.  brought_back: from its autosave."""

    dataset: Dataset
    project: Project
    project_file: str
    brought_back: BroughtBack


def open_anything(path: str, autosaves: Path | None = None) -> Opened:
    """A dataset, or the project that the path names, with what was chosen for it last time."""
    from mouseview.workflow.autosave import BroughtBack, bring_back
    from mouseview.workflow.open import open_path
    from mouseview.workflow.project import SUFFIX, Project, load_project

    dataset, saved_ns = open_path(path), None
    if path.endswith(SUFFIX) and Path(path).is_file():
        saved, project_file, saved_ns = load_project(path), path, Path(path).stat().st_mtime_ns
    else:
        saved, project_file = Project(dataset_path=str(dataset.path)), ""
    back = BroughtBack(saved)
    if autosaves is not None:
        back = bring_back(autosaves, project_file or saved.dataset_path, saved, saved_ns)
    return Opened(dataset, back.project, project_file, back)


def reopen(autosaves: Path) -> Opened:
    """What was open when the program ended; of a project file that has gone since, its autosave."""
    from mouseview.workflow.autosave import bring_back, last
    from mouseview.workflow.open import open_path
    from mouseview.workflow.project import SUFFIX, Project

    path = last(autosaves)
    if path is None:
        raise MouseViewError("nothing was open last time", place=str(autosaves), remedy="open a folder")
    if path.endswith(SUFFIX) and not Path(path).exists():
        back = bring_back(autosaves, path, Project())
        if back.project.dataset_path:
            return Opened(open_path(back.project.dataset_path), back.project, "", back)
    return open_anything(path, autosaves)


def read_sample(dataset: Dataset, index: int) -> tuple[Sample, tuple[str, ...]]:
    """A sample, and the cameras that it marks as held out itself."""
    from mouseview.workflow.open import held_out_by_name

    sample = dataset[index]
    return sample, held_out_by_name(sample.rig)


def read_images(sample: Sample, ticket: Ticket) -> None:
    """Publishes (index, ViewImage) one by one; a view that cannot be read says why and the others still come."""
    for index, camera in enumerate(sample.rig):
        if ticket.cancelled():
            return
        source = sample.sources[index]
        if source is None:
            ticket.publish((index, ViewImage(camera.name, None, None, problem="no image listed for this camera")))
            continue
        try:
            view = qimages.view_image(camera.name, sample.image(index), source.has_mask)
        except MouseViewError as error:
            view = ViewImage(camera.name, None, None, problem=error.message)
        ticket.publish((index, view))


def check(sample: Sample, checkpoint: str) -> tuple[Finding, ...]:
    """Findings of a sample that is to be fed to these weights."""
    from mouseview.inference.declared import declared_format
    from mouseview.workflow.inspect import inspect

    return inspect(sample, resources.model_format(declared_format(checkpoint)))


def find_centres(sample: Sample) -> tuple[SubjectCentre, ...]:
    from mouseview.workflow.prepare import centre_candidates

    return centre_candidates(sample)


def prepare(sample: Sample, project: Project) -> tuple[Prepared, tuple[npt.NDArray[np.uint8], ...]]:
    """The sample as the model will be fed, and small textures of its images."""
    from mouseview.inference.declared import declared_format
    from mouseview.workflow.prepare import prepare_sample

    fed = tuple(name for name in sample.rig.names if name not in project.held_out)
    recipe = project.recipe_for(sample.name).replace(views=fed)
    prepared = prepare_sample(sample, recipe, declared_format(project.checkpoint))
    return prepared, tuple(qimages.texture(qimages.to_qimage(image)) for image in prepared.images)


def summarise(dataset: Dataset, rows: tuple[int, ...], ticket: Ticket) -> None:
    """Publishes (row, SampleSummary) for the rows of the list that are in sight."""
    from mouseview.workflow.inspect import inspect

    for row in rows:
        if ticket.cancelled():
            return
        try:
            sample = dataset[row]
            findings = inspect(sample)
        except MouseViewError as error:
            problem = Finding("unreadable", Severity.ERROR, error.place, error.message, error.remedy)
            ticket.publish((row, SampleSummary((), problem, 1, 0)))
            continue
        thumbnails = []
        for index, source in enumerate(sample.sources):
            thumbnail = None
            if source is not None and not ticket.cancelled():
                with contextlib.suppress(MouseViewError):  # the findings above already name an unreadable image
                    thumbnail = qimages.shrunk(qimages.to_qimage(sample.image(index)), qimages.THUMBNAIL_SIDE_PX)
            thumbnails.append(thumbnail)
        summary = SampleSummary(tuple(thumbnails), worst_of(findings), len(findings), len(sample.rig))
        ticket.publish((row, summary))


class EngineRoom:
    """Keeps one worker process warm between runs, and lets one run at a time use it."""

    def __init__(self, consent: Callable[[DownloadOffer], bool]) -> None:
        """consent: asked, in the thread of the work, before anything is downloaded."""
        self._consent = consent
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._client: WorkerClient | None = None

    def _warm(self) -> WorkerClient:
        from mouseview.inference.worker.client import WorkerClient

        if self._client is None:
            self._client = self._stack.enter_context(WorkerClient(consent=self._consent))
        return self._client

    def _run(self, work: Callable[..., T], sample: Sample, project: Project, ticket: Ticket) -> T:
        """work: takes what ``workflow.reconstruct.reconstruct`` takes."""
        with self._lock:
            return work(
                sample,
                project.recipe_for(sample.name),
                project.checkpoint,
                project.device,
                project.held_out,
                ticket.progress,
                ticket.cancelled,
                client=self._warm(),
            )

    def reconstruct(
        self, sample: Sample, project: Project, ticket: Ticket
    ) -> tuple[Reconstruction, tuple[ComparedView, ...]]:
        from mouseview.app.compare_images import compared_views
        from mouseview.workflow.reconstruct import reconstruct

        result = self._run(reconstruct, sample, project, ticket)
        return result, compared_views(result.views)

    def compare_modes(self, sample: Sample, project: Project, ticket: Ticket) -> tuple[ModeResult, ...]:
        from mouseview.workflow.compare_modes import compare_modes

        with self._lock:
            return compare_modes(
                sample,
                tuple(Mode),
                project.checkpoint,
                project.device,
                project.held_out,
                ticket.progress,
                ticket.cancelled,
                recipe=project.recipe_for(sample.name),
                client=self._warm(),
            )

    def check_order(self, sample: Sample, project: Project, ticket: Ticket) -> OrderCheck:
        from mouseview.workflow.order import check_order

        return self._run(check_order, sample, project, ticket)

    def describe(self, checkpoint: str, ticket: Ticket) -> dict[str, Any]:
        """What the weights say of themselves, see ``WorkerClient.describe``."""
        with self._lock:
            return self._warm().describe(checkpoint, cancelled=ticket.cancelled)

    def close(self) -> None:
        self._stack.close()


def write_demo(out: Path, ticket: Ticket) -> Path:
    from mouseview.workflow.demo import write_demo_dataset

    return write_demo_dataset(out, DEMO_SEED, DEMO_SAMPLES, ticket.progress, ticket.cancelled)
