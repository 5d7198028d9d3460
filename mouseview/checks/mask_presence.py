"""Every view has a mask: the models were trained on subjects cut out on white."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity


def mask_presence(evidence: Evidence) -> Iterator[Finding]:
    sample = evidence.sample
    if sample is None:
        return
    bare = [
        camera
        for camera, source in zip(evidence.rig, sample.sources, strict=True)
        if source is not None and not source.has_mask
    ]
    if not bare:
        return
    names = ", ".join(camera.name for camera in bare[:6]) + (" …" if len(bare) > 6 else "")
    yield evidence.finding(
        "no-mask",
        Severity.WARNING,
        f"{len(bare)} of {len(evidence.rig)} views have no mask ({names}): the background is fed to the model, and "
        "the subject's centre cannot be taken from masks",
        "add alpha or mask images: the model was trained on subjects on white; or draft masks here (mouseview draft, "
        "or Edit ▸ Draft and correct masks)",
        bare[0],
    )
