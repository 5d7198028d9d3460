"""Open whatever a user points at: a folder, a list, a calibration file, or a project that names one of them."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats.dataset import open_dataset
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.sample import Dataset, Sample
from mouseview.workflow.project import SUFFIX, load_project


def open_path(path: str | Path, format: str | None = None, corrected: bool = True) -> Dataset:
    """A dataset from any ``PATH`` of the command line; a project file opens the dataset it was made for.

    corrected: with the corrections that were saved for its calibrations; else as the files alone are read.
    """
    target = Path(path).expanduser()
    if target.suffix == SUFFIX and target.is_file():
        dataset_path = load_project(target).dataset_path
        if not dataset_path:
            raise MouseViewError(
                "this project names no dataset", place=str(target), remedy="open the dataset itself and save again"
            )
        return open_dataset(dataset_path, corrected=corrected)
    return open_dataset(target, format, corrected)


def sample_named(dataset: Dataset, name: str | None) -> Sample:
    """The sample called ``name``, or the first; raises ``MouseViewError`` listing what there is."""
    if not len(dataset):
        raise MouseViewError(
            "there is no usable sample here",
            place=str(dataset.path),
            remedy="; ".join(problem.message for problem in dataset.problems[:3]) or "open another folder",
        )
    if name is None:
        return dataset[0]
    if name not in dataset.names:
        shown = ", ".join(dataset.names[:6]) + (" …" if len(dataset) > 6 else "")
        raise MouseViewError(f"no sample {name!r}", place=str(dataset.path), remedy=f"choose one of: {shown}")
    return dataset[dataset.names.index(name)]


def fed_and_held_out(rig: Rig, held_out: tuple[str, ...], views: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of the views that are fed to the model; raises ``MouseViewError`` for names that the rig does not have."""
    unknown = [name for name in (*held_out, *views) if name not in rig.names]
    if unknown:
        raise MouseViewError(
            f"no camera {', '.join(map(repr, unknown))} in this rig",
            place=str(rig.source or ""),
            remedy=f"the cameras are: {', '.join(rig.names)}",
        )
    fed = tuple(name for name in (views or rig.names) if name not in held_out)
    if len(fed) < 2:
        raise MouseViewError(
            f"{len(fed)} view(s) left to feed to the model",
            place=str(rig.source or ""),
            remedy=("hold fewer views out" if held_out else "choose more views" if views else "add cameras")
            + ": the model needs at least two, and was trained with four or more",
        )
    return fed


def held_out_by_name(rig: Rig) -> tuple[str, ...]:
    """Cameras that a rig itself marks as never fed: the demo names them ``held_…``."""
    return tuple(name for name in rig.names if name.startswith("held_"))
