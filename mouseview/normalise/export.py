"""Write a prepared sample in FaceLift's layout, with its ledger beside it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mouseview.formats.facelift import FILE_NAME, write_views
from mouseview.formats.files import MIB, read_bytes, relative_name, write_atomically
from mouseview.formats.images import write_png
from mouseview.geometry.compiled import compiled
from mouseview.model.errors import FileFormatError
from mouseview.model.prepared import Ledger, Prepared
from mouseview.model.sample import Image
from mouseview.splats.threads import run_in_rows

F32 = npt.NDArray[np.float32]

LEDGER = "ledger.json"
_MAX_COPY_BYTES = 256 * MIB


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def ledger_document(prepared: Prepared, root: Path | None = None) -> dict[str, Any]:
    """The ledger with the transform chain as plain JSON values; numbers that do not exist are null.

    root: folder that the chain's paths of sources are told relative to; None: as they are.
    """
    ledger: Ledger = prepared.ledger
    return {
        "sample": prepared.name,
        "mode": str(prepared.mode),
        "model": prepared.model,
        "truth": str(ledger.verdict.truth),
        "in_format": ledger.verdict.in_format,
        "resampled": prepared.resampled,
        "centre": {
            "source": str(prepared.centre.source),
            "point": prepared.centre.point.tolist(),
            "residual": _finite(prepared.centre.residual),
            "note": prepared.centre.note,
        },
        "chain": list(prepared.chain) if root is None else [_told_from(root, step) for step in prepared.chain],
        "rows": [
            {
                "view": row.view,
                "quantity": row.quantity,
                "unit": row.unit,
                "before": _finite(row.before),
                "after": _finite(row.after),
                "truth": str(row.verdict.truth),
                "in_format": row.verdict.in_format,
                "note": row.note,
            }
            for row in ledger.rows
        ],
    }


def _told_from(root: Path, step: dict[str, object]) -> dict[str, object]:
    """A step of the chain whose files are named as seen from ``root``: the same wherever the dataset lies."""
    paths = {key: path for key in ("image", "mask") if isinstance(path := step.get(key), str)}
    return {**step, **{key: relative_name(Path(path), root) for key, path in paths.items()}}


@compiled(nogil=True)
def _straighten(first: int, last: int, image: F32, top: np.float32, out: Image) -> None:
    """Rows first … last; see ``straight_alpha``."""
    one, least = np.float32(1.0), np.float32(0.5 / 255)
    for row in range(first, last):
        for column in range(image.shape[1]):
            alpha = image[row, column, 3]
            if alpha >= least:
                for channel in range(3):
                    colour = one - (one - image[row, column, channel]) / alpha
                    out[row, column, channel] = np.rint(min(max(colour, np.float32(0.0)), one) * top)
            else:  # of fainter alpha nothing is stored
                for channel in range(3):
                    out[row, column, channel] = top
            out[row, column, 3] = np.rint(min(max(alpha, np.float32(0.0)), one) * top)


def straight_alpha(image: F32, bits: int = 8) -> Image:
    """(H, W, 4) float32 on white → whole numbers of so many bits (8 or 16), as FaceLift's loader composites it again.

    The colour written is the straight one, so that compositing on white gives the image back; white under alpha 0.
    """
    out: Image = np.empty(image.shape, np.uint16 if bits == 16 else np.uint8)
    top = np.float32(np.iinfo(out.dtype).max)
    run_in_rows(lambda first, last: _straighten(first, last, image, top, out), len(image), 64)
    return out


def _copied_file(step: dict[str, object]) -> Path | None:
    """The source PNG of a copied view that holds its own alpha: its bytes are the result."""
    image = step["image"]
    if not step["copied"] or not isinstance(image, str) or step["mask"] is not None:
        return None
    path = Path(image)
    return path if path.suffix.lower() == ".png" and path.is_file() else None


def _in_lines(document: dict[str, Any]) -> str:
    """JSON with a line for each entry, and for each row of its lists of objects: to be read, compared, written fast."""
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            told = "[\n  " + ",\n  ".join(json.dumps(v, ensure_ascii=False, allow_nan=False) for v in value) + "\n ]"
        else:
            told = json.dumps(value, ensure_ascii=False, allow_nan=False)
        lines.append(f" {json.dumps(key)}: {told}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write_prepared(prepared: Prepared, folder: Path, root: Path | None = None) -> tuple[str, ...]:
    """``images/cam_%03d.png``, ``opencv_cameras.json`` and ``ledger.json`` into ``folder``; the cameras come last.

    Each file appears whole or not at all, and a folder without cameras is no sample, so an interrupted run leaves
    nothing that reads as finished: cameras of an earlier run are taken away first. Views that were copied keep the
    bytes of their file; others are written with the bits of their source, 8 or 16. root: as for
    ``ledger_document``. Returns the names of the files, relative to ``folder``.
    """
    try:
        (folder / "images").mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise FileFormatError(
            f"the folder cannot be used: {error.strerror or error}",
            place=str(folder),
            remedy="choose another output folder, or change the permissions of this one",
        ) from error
    steps = [step for step in prepared.chain if step["step"] == "view"]
    paths = [f"images/cam_{index:03d}.png" for index in range(len(steps))]
    for path, image, step in zip(paths, prepared.images, steps, strict=True):
        target = folder / path
        source = _copied_file(step)
        if source is None:
            write_png(target, straight_alpha(image, 16 if step["bits"] == 16 else 8))
        elif source.resolve() != target.resolve():
            write_atomically(target, read_bytes(source, _MAX_COPY_BYTES))
    write_atomically(folder / LEDGER, _in_lines(ledger_document(prepared, root)).encode())
    write_views(prepared.rig, folder / FILE_NAME, paths, prepared.name)
    return (*paths, LEDGER, FILE_NAME)
