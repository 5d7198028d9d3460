"""What the evidence of a sample could settle, what it could not, and why: silence of a check is no proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.camera import Labels
from mouseview.model.finding import Finding, Severity, Truth
from mouseview.model.recipe import Mode

_FEW_SILHOUETTES = 4
# warnings that put the declared geometry in doubt; others are about the format, the masks or what is unusual
_DOUBTS = frozenset(
    {
        "another-reading",
        "axes-do-not-meet",
        "images-shifted",
        "intrinsics-declared",
        "label-view-inconsistent",
        "label-views-swapped",
        "labels-disagree",
        "labels-inconsistent",
        "per-camera-scaling",
        "silhouettes-disagree",
        "view-inconsistent",
        "views-swapped",
    }
)
# errors that are about files and masks, whatever the cameras declare
_UNUSABLE = frozenset(
    {
        "image-missing",
        "image-unreadable",
        "mask-covers-all",
        "mask-empty",
        "mask-inverted",
        "not-normalisable",
        "sample-folder-missing",
        "sample-unreadable",
        "sample-without-cameras",
        "session-no-common-frames",
        "session-video-unusable",
        "subject-outside-window",
    }
)


@dataclass(frozen=True)
class Question:
    """asked: what one would like to know.  checked: whether the evidence could say.  how: by what, or why not."""

    asked: str
    checked: bool
    how: str


@dataclass(frozen=True)
class Declared:
    """What can be said of the declared geometry.  truth: FALSE when contradicted, APPROXIMATE when doubted, TRUE when
    pixels were asked and nothing spoke against it, None when no pixels could be asked.  by: codes of the findings that
    speak against it.  in_format: whether the cameras are the model format's own."""

    truth: Truth | None
    by: tuple[str, ...]
    in_format: bool
    format: str

    @property
    def words(self) -> str:
        if self.truth is None:
            return "not tested: there are no pixels to hold it against"
        return {
            Truth.FALSE: "false",
            Truth.APPROXIMATE: "doubtful",
            Truth.TRUE: "not contradicted by anything that was checked",
        }[self.truth]


def declared(evidence: Evidence, findings: Iterable[Finding]) -> Declared:
    """The verdict on the declared geometry that findings and evidence allow."""
    known = list(findings)
    errors = [f for f in known if f.severity is Severity.ERROR and f.code not in _UNUSABLE]
    doubts = [f for f in known if f.severity is Severity.WARNING and f.code in _DOUBTS]
    seen = bool(evidence.silhouettes) or _pixels_labelled(evidence.sample.labels if evidence.sample else None)
    truth = Truth.FALSE if errors else Truth.APPROXIMATE if doubts else Truth.TRUE if seen else None
    codes = tuple(dict.fromkeys(finding.code for finding in (errors or doubts)))
    return Declared(truth, codes, evidence.conforms, evidence.model_format.name)


def modes_by_truth() -> dict[str, list[str]]:
    """Ways to normalise by what each does to a geometry that was true."""
    return {str(truth): [str(mode) for mode in Mode if mode.truth is truth] for truth in Truth}


def coverage(evidence: Evidence) -> tuple[Question, ...]:
    """Everything that a rig can be asked, in the order in which it is best settled."""
    return tuple(_questions(evidence))


def _questions(evidence: Evidence) -> Iterator[Question]:
    count, sound = len(evidence.rig), len(evidence.sound)
    yield Question("can each be a camera", True, f"{sound} of {count} have a possible pose and intrinsics")
    read = sum(image is not None for image in evidence.images)
    listed = 0 if evidence.sample is None else sum(source is not None for source in evidence.sample.sources)
    yield (
        Question("can the images be read", True, f"{read} of {listed} were")
        if listed
        else Question("do the images fit the cameras", False, "only cameras are open: open their images with them")
    )
    axes = evidence.axes
    if axes is None:
        yield Question("do the cameras look at one place", False, "fewer than two cameras are possible")
    elif not axes.reliable:
        yield Question("do the cameras look at one place", False, "their axes are all but parallel")
    else:
        yield Question("do the cameras look at one place", True, f"their axes meet within {axes.rms:.3g} (RMS)")
    if listed:
        yield from _by_silhouettes(evidence)
    yield _by_labels(evidence.sample.labels if evidence.sample is not None else None)
    yield Question(
        "is the unit of length right",
        False,
        "no picture shows it: measure a known length (mouseview solve, or the ruler in the window)",
    )
    yield Question(
        "are pixels counted from centre or corner", False, "half a pixel is less than masks and keypoints are sure of"
    )
    yield Question(
        "does each camera stand at its distance",
        False,
        "one that was moved towards the subject's centre and zoomed back looks all but the same",
    )


def _by_silhouettes(evidence: Evidence) -> Iterator[Question]:
    asked = "do the silhouettes fit one rig"
    masked, usable = sum(stats is not None for stats in evidence.masks), len(evidence.silhouettes)
    if not masked:
        yield Question(asked, False, "no image has alpha or a mask beside it")
    elif usable < 2:
        yield Question(asked, False, f"{usable} of {masked} masks say where the subject is; it takes two, better four")
    elif usable < _FEW_SILHOUETTES:
        yield Question(asked, True, f"by {usable} views only: fewer than four allow a lot")
    else:
        yield Question(asked, True, f"by {usable} views")


def _by_labels(labels: Labels | None) -> Question:
    asked = "do labelled points fit the cameras"
    if labels is None:
        return Question(asked, False, "no labels or keypoints come with it")
    if not _pixels_labelled(labels):
        return Question(asked, False, "the labels are points in 3D without their pixels")
    assert labels.points_px is not None
    seen = np.all(np.isfinite(labels.points_px), axis=-1).sum(axis=0)
    return Question(asked, True, f"by {int(np.count_nonzero(seen >= 2))} points that two or more views have")


def _pixels_labelled(labels: Labels | None) -> bool:
    return labels is not None and labels.points_px is not None and bool(np.any(np.isfinite(labels.points_px)))
