"""Images have the size that K speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity


def image_size(evidence: Evidence) -> Iterator[Finding]:
    for camera, image in zip(evidence.rig, evidence.images, strict=True):
        if image is None or image.shape[:2] == (camera.height, camera.width):
            continue
        height, width = image.shape[:2]
        yield evidence.finding(
            "image-size",
            Severity.ERROR,
            f"the image has {width}×{height} px, K speaks of {camera.width}×{camera.height} "
            f"(×{width / camera.width:.4g}, ×{height / camera.height:.4g})",
            "give the calibration of this image size: a resize scales K alike, a crop shifts cx and cy",
            camera,
        )
