"""Normalise a whole dataset: one folder a sample in FaceLift's layout, with its ledger. Sources are never written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mouseview.formats.files import file_names, write_atomically
from mouseview.jobs import Job, JobProgress, read_state, run_job
from mouseview.jobs.backend import Backend
from mouseview.jobs.job import Cancel, JobReport, Watch
from mouseview.model.errors import FileFormatError, MouseViewError
from mouseview.model.finding import Severity
from mouseview.model.recipe import Recipe
from mouseview.model.recipe_book import RecipeBook
from mouseview.model.sample import Dataset
from mouseview.normalise.export import LEDGER
from mouseview.resources import model_format
from mouseview.workflow.normalised_record import MANIFEST, RECORD, Failed, SampleRecord, manifest, read_record
from mouseview.workflow.normalised_sample import Normalisation, open_normaliser
from mouseview.workflow.open import open_path
from mouseview.workflow.output_folder import SourceGuard, backend_for, problem
from mouseview.workflow.recipe_json import book_to_json, recipe_to_json
from mouseview.workflow.session_scale import session_scale
from mouseview.workflow.session_survey import resolved
from mouseview.workflow.source_hashes import source_root, video_hashes, videos_to_json

KIND = "normalise"
_MOST_NAMED = 6


def normalise_dataset(
    path: str | Path,
    out: str | Path,
    recipe: Recipe | RecipeBook,
    jobs: int = 1,
    resume: bool = False,
    watch: Watch = lambda _progress: None,
    cancelled: Cancel = lambda: False,
    backend: Backend | None = None,
    held_out: tuple[str, ...] | None = None,
    only: Sequence[str] = (),
) -> dict[str, Any]:
    """Normalise every sample of ``path`` into ``out``/<name>; scale once per session, centre per sample.

    recipe: of all samples, or a book with what single ones have of their own; numbers of the session that it asks for
    and does not hold are measured first.  jobs: processes; backend: who does it
    instead.  held_out: cameras that decide neither centre nor scale (None: those that the rig itself marks), unless the
    recipe names the views that are fed.  only: names of samples; empty: all.  With ``resume`` samples already written
    from the same bytes by the same recipe are left alone.

    Returns the ``book``, ``samples`` (name, ledger, similarity, skipped), ``failed`` (name, error), the ``similarity``
    of the first sample, ``scale``, ``notes`` and the path of the ``manifest``, which is written when all is done: the
    same bytes for the same input.
    Raises as ``run_job`` does, and ``MouseViewError`` when nothing can be opened, ``out`` lies inside the source or
    holds other samples than those of ``only``, or a source changes meanwhile.
    """
    book = recipe if isinstance(recipe, RecipeBook) else RecipeBook(recipe=recipe)
    model_format(book.recipe.model)  # an unknown model is said before anything is read
    dataset = open_path(path)
    target = Path(out)
    SourceGuard().refuse_writing_into([dataset.path], target)
    chosen = _places(dataset, only)
    book = book.replace(recipe=resolved(dataset, book.recipe, cancelled=cancelled, held_out=held_out))
    session = session_scale(dataset, book.recipe, held_out) if len(dataset) > 1 else None
    earlier = read_state(target)
    folders = file_names(dataset.names)
    keys = tuple(folders[place] for place in chosen)
    if only and earlier is not None:
        _refuse_other_samples(target, set(earlier.records) - set(keys))
    if dataset.session is not None:
        watch(JobProgress(len(keys), 0, 0, 0, "", 0.0, None))  # large videos take a while to be hashed
    videos = video_hashes(dataset, None if earlier is None else earlier.settings.get("videos"), cancelled)
    asked = Normalisation(str(path), target.absolute(), chosen, book, held_out, session, videos)
    job = Job(
        KIND,
        target,
        keys,
        partial(open_normaliser, asked),
        (dataset.path.absolute(),),
        {
            "source": str(Path(path).absolute()),
            "root": str(source_root(dataset)),
            "recipe": recipe_to_json(book.recipe),
            "videos": videos_to_json(videos),
        },
        MANIFEST,
    )
    results = _Results(dataset, target, asked)
    report = run_job(
        job, backend or backend_for(jobs), resume=resume, watch=watch, cancelled=cancelled, conclude=results.conclude
    )
    return results.document(report)


def _places(dataset: Dataset, only: Sequence[str]) -> tuple[int, ...]:
    unknown = sorted(set(only) - set(dataset.names))
    if unknown:
        more = " …" if len(dataset) > _MOST_NAMED else ""
        raise MouseViewError(
            f"no sample {', '.join(map(repr, unknown[:_MOST_NAMED]))} here",
            place=str(dataset.path),
            remedy=f"the samples are: {', '.join(dataset.names[:_MOST_NAMED])}{more}",
        )
    wanted = set(only)
    return tuple(place for place, name in enumerate(dataset.names) if not wanted or name in wanted)


def _refuse_other_samples(out: Path, others: set[str]) -> None:
    """The manifest of a few samples beside others would not tell of these."""
    if others:
        raise MouseViewError(
            f"{len(others)} other sample(s) of an earlier run lie in this folder",
            place=str(out),
            remedy="choose another output folder for single samples; or normalise all of them with --resume: only "
            "those whose own recipe has changed are done again",
        )


@dataclass(eq=False)
class _Results:
    """What lies in the output folder when the job has ended."""

    dataset: Dataset
    out: Path
    asked: Normalisation

    def __post_init__(self) -> None:
        folders = file_names(self.dataset.names)
        self._names = dict(zip(folders, self.dataset.names, strict=True))
        self._records: list[tuple[str, SampleRecord]] = []

    @property
    def _scale(self) -> float | None:
        """The one scale of all samples, where there is one: the recipe's own, else that of the session."""
        session = self.asked.session
        return self.asked.book.recipe.scale if session is None else session.scale

    def conclude(self, report: JobReport) -> None:
        self._records = [(key, self._record(key)) for key, _, _ in report.done]
        if self._records:
            told = manifest(
                self.asked.book,
                self._scale,
                self.asked.held_out,
                self._records,
                self._failed(report),
                [f"{p.place}: {p.message}" for p in self.dataset.problems if p.severity is not Severity.ERROR],
                [source_root(self.dataset), self.dataset.path, self.out, self.out.absolute()],
            )
            write_atomically(self.out / MANIFEST, told)

    def _record(self, key: str) -> SampleRecord:
        found = read_record(self.out / key)
        if found is None:
            raise FileFormatError(
                "the record of a sample that was just written cannot be read",
                place=str(self.out / key / RECORD),
                remedy="run it again with --resume: the sample is made again",
            )
        return found[0]

    def _failed(self, report: JobReport) -> list[Failed]:
        broken = [Failed(p.place, p) for p in self.dataset.problems if p.severity is Severity.ERROR]
        return [Failed(self._names[key], error) for key, error in report.failed] + broken

    def document(self, report: JobReport) -> dict[str, Any]:
        """What the caller gets: the results with what this run did about them."""
        skipped = {key for key, _, was_there in report.done if was_there}
        similarities = [record.similarity for _, record in self._records]
        return {
            "book": book_to_json(self.asked.book),
            "scale": self._scale,
            "samples": [
                {
                    "name": record.sample,
                    "ledger": str(self.out / key / LEDGER),
                    "similarity": record.similarity,
                    **({"skipped": True} if key in skipped else {}),
                }
                for key, record in self._records
            ],
            "failed": [problem(entry.name, entry.error) for entry in self._failed(report)],
            "notes": [problem(p.place, p)["error"] for p in self.dataset.problems if p.severity is not Severity.ERROR],
            "manifest": str(self.out / MANIFEST) if self._records else None,
            "similarity": next((found for found in similarities if found), None),
        }
