"""All checks in the order they are asked, and the one function that asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mouseview.checks.axes_meeting import axes_meeting
from mouseview.checks.cage_under_alpha import cage_under_alpha
from mouseview.checks.centre_choice import centre_choice
from mouseview.checks.declared_intrinsics import declared_intrinsics
from mouseview.checks.draft_masks import draft_masks
from mouseview.checks.duplicate_cameras import duplicate_cameras
from mouseview.checks.evidence import Evidence
from mouseview.checks.facing import facing
from mouseview.checks.format_intrinsics import format_intrinsics
from mouseview.checks.image_readable import image_readable
from mouseview.checks.image_size import image_size
from mouseview.checks.images_shifted import images_shifted
from mouseview.checks.impossible_intrinsics import impossible_intrinsics
from mouseview.checks.impossible_pose import impossible_pose
from mouseview.checks.labels_agree import labels_agree
from mouseview.checks.labels_read import labels_read
from mouseview.checks.lens_left_in import lens_left_in
from mouseview.checks.mask_presence import mask_presence
from mouseview.checks.mask_sense import mask_sense
from mouseview.checks.per_camera_scaling import per_camera_scaling
from mouseview.checks.pixel_aspect import pixel_aspect
from mouseview.checks.reading import reading
from mouseview.checks.session_sense import session_sense
from mouseview.checks.silhouette_evidence import silhouette_evidence
from mouseview.checks.silhouettes_agree import silhouettes_agree
from mouseview.checks.squashed_frame import squashed_frame
from mouseview.checks.subject_clipped import subject_clipped
from mouseview.checks.subject_extent import subject_extent
from mouseview.checks.units_and_distance import units_and_distance
from mouseview.checks.up_axis import up_axis
from mouseview.checks.view_count import view_count
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding, Severity
from mouseview.model.model_format import ModelFormat
from mouseview.model.sample import Dataset, Sample
from mouseview.resources import model_format as format_card

Check = Callable[[Evidence], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    image_readable,
    impossible_intrinsics,
    impossible_pose,
    reading,
    image_size,
    duplicate_cameras,
    view_count,
    facing,
    axes_meeting,
    per_camera_scaling,
    squashed_frame,
    pixel_aspect,
    units_and_distance,
    centre_choice,
    format_intrinsics,
    declared_intrinsics,
    lens_left_in,
    mask_presence,
    draft_masks,
    mask_sense,
    subject_clipped,
    cage_under_alpha,
    images_shifted,
    silhouettes_agree,
    silhouette_evidence,
    labels_read,
    labels_agree,
    subject_extent,
    up_axis,
)

_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def inspect(subject: Sample | Rig | Dataset, model_format: ModelFormat | str | None = None) -> tuple[Finding, ...]:
    """Findings about a rig, a sample, or a dataset (its problems, its videos, its first readable sample), worst first.

    model_format: what the cameras are measured against; FaceLift's where none is given.
    """
    card = format_card("facelift") if model_format is None else model_format
    if isinstance(card, str):
        card = format_card(card)
    if isinstance(subject, Dataset):
        findings = [*subject.problems, *of_videos(subject), *_of_dataset(subject, card)]
    elif isinstance(subject, Sample):
        findings = _of_evidence(Evidence.of_sample(subject, card))
    else:
        findings = _of_evidence(Evidence.of_rig(subject, card))
    return tuple(sorted(findings, key=lambda finding: _GRAVITY[finding.severity]))


def of_videos(dataset: Dataset) -> list[Finding]:
    """About the settings of a dataset of videos; decodes some of its frames."""
    return [] if dataset.session is None else list(session_sense(dataset.session))


def _of_dataset(dataset: Dataset, card: ModelFormat) -> list[Finding]:
    findings = []
    for index in range(len(dataset)):
        try:
            sample = dataset[index]
        except MouseViewError as error:
            findings.append(
                Finding(
                    "sample-unreadable",
                    Severity.ERROR,
                    error.place or dataset.names[index],
                    error.message,
                    error.remedy,
                )
            )
            continue
        return [*findings, *_of_evidence(Evidence.of_sample(sample, card))]
    return findings


def _of_evidence(evidence: Evidence) -> list[Finding]:
    return [finding for check in CHECKS for finding in check(evidence)]
