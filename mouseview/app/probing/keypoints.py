"""The labels of the frame in view, judged: where their points lie, how far each view misses, which camera is off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.sample import Sample
from mouseview.multiview.agreement import Agreement, agreement
from mouseview.multiview.points import triangulate_pixels


@dataclass(frozen=True)
class KeypointRow:
    """One point of the frame: views that see it, noise that its residuals tell, and the view that misses the point of
    the others most, with by how much. NaN and "" where too few views see it."""

    name: str
    views: int
    misfit_px: float
    worst_view: str
    left_out_px: float


@dataclass(frozen=True, eq=False)
class KeypointJudgement:
    """marks_px, predicted_px (V, N, 2): of the frame shown, NaN where absent.  overall: of all frames together."""

    sample: Sample
    frame: int | None
    frames: int
    rows: tuple[KeypointRow, ...]
    marks_px: Array
    predicted_px: Array
    overall: Agreement


def judge_keypoints(sample: Sample) -> KeypointJudgement | None:
    """None where the sample has no 2D labels or a single camera."""
    labels = sample.labels
    if labels is None or labels.points_px is None or len(sample.rig) < 2 or not np.isfinite(labels.points_px).any():
        return None
    at = labels.frames.index(sample.frame) if sample.frame in labels.frames else 0
    marks = labels.points_px[:, at]
    found = triangulate_pixels(sample.rig, marks)
    assert found.without is not None
    predicted = np.stack([camera.project(found.points_world)[0] for camera in sample.rig])
    rows = []
    for point in range(marks.shape[1]):
        missed = found.without.residual_px[:, point]
        worst = int(np.argmax(np.where(np.isnan(missed), -1.0, missed)))
        judged = bool(np.any(~np.isnan(missed)))
        rows.append(
            KeypointRow(
                labels.names[point] if point < len(labels.names) else f"point {point + 1}",
                int(found.seen[:, point].sum()),
                float(found.misfit_px[point]),
                sample.rig.names[worst] if judged else "",
                float(missed[worst]) if judged else float("nan"),
            )
        )
    overall = agreement(sample.rig, labels.points_px.reshape(len(sample.rig), -1, 2))
    frame = labels.frames[at] if at < len(labels.frames) else None
    return KeypointJudgement(sample, frame, labels.points_px.shape[1], tuple(rows), marks, predicted, overall)


def judgement_text(judged: KeypointJudgement) -> str:
    """One or two sentences: how well the views agree, and who is off."""
    overall, names = judged.overall, judged.sample.rig.names
    if not np.isfinite(overall.misfit_px) and not overall.points.points_world.size:
        return "No point is marked in two views."
    text = f"{len(judged.sample.rig)} views meet to {overall.misfit_px:.2g} px."
    if overall.swapped is not None:
        first, second = (names[view] for view in overall.swapped)
        return f"{text} With {first} and {second} exchanged to {overall.swapped_px:.2g} px: they are swapped."
    if overall.guilty is not None:
        left = overall.without_px[overall.guilty]
        return f"{text} Without {names[overall.guilty]} to {left:.2g} px: it does not fit the others."
    return f"{text} {overall.limits[0].upper()}{overall.limits[1:]}." if overall.limits else text
