"""The subject fits the box and the depth window once the rig is normalised."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding, Severity
from mouseview.model.recipe import Recipe
from mouseview.normalise.plan import make_plan
from mouseview.normalise.subject import locate_subject


def subject_extent(evidence: Evidence) -> Iterator[Finding]:
    rig, card = evidence.sound_rig, evidence.model_format
    if len(rig) < 2 or not evidence.subject_is_seen:
        return
    centre = evidence.centres[0]
    try:
        plan = make_plan(rig, evidence.sound_masks, centre, Recipe(model=card.name), card)
    except MouseViewError as error:
        message = f"the rig cannot be normalised: {error.message}"
        yield evidence.finding("not-normalisable", Severity.ERROR, message, error.remedy)
        return
    subject = locate_subject(plan, rig, evidence.sound_masks, centre)
    if not subject.radius_is_measured:
        return
    box, window = np.mean([subject.outside(view.declared, card) for view in plan.views], axis=0)
    size = (
        f"the subject reaches {subject.radius:.3g} model units around ({', '.join(f'{v:.2f}' for v in subject.centre)})"
    )
    if box > 0:
        yield evidence.finding(
            "subject-outside-box",
            Severity.INFO if evidence.conforms else Severity.WARNING,
            f"{size}: {100 * box:.0f} % of it lies outside the ±{card.box:g} box after normalisation",
            "choose its own centre for this frame (masks or labels), or a smaller scale",
        )
    if window > 0:
        yield evidence.finding(
            "subject-outside-window",
            Severity.ERROR,
            f"{size}: {100 * window:.0f} % of it lies outside the ±{card.depth_window:g} depth window: the model "
            "cannot put anything there",
            "choose its own centre for this frame (masks or labels), or a smaller scale",
        )
