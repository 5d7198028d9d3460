"""Small keypoint files as other tools write them: SLEAP, pandas with PyTables, anipose, JARVIS."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

NAMES = ("nose", "ear left", "tail")


def sleap_analysis(
    path: Path, tracks: np.ndarray, scores: np.ndarray | None = None, names: Sequence[str] = NAMES
) -> None:
    """tracks (T, F, N, 2) as SLEAP would have them, scores (T, F, N)."""
    if scores is None:
        scores = np.full(tracks.shape[:3], 0.9)
    with h5py.File(path, "w") as file:
        stored = np.moveaxis(tracks, (0, 1, 2, 3), (0, 3, 2, 1))
        file.create_dataset("tracks", data=stored, compression="gzip")
        file.create_dataset("point_scores", data=np.swapaxes(scores, 1, 2), compression="gzip")
        file["node_names"] = np.array([name.encode() for name in names])
        file["track_names"] = np.array([f"track_{i}".encode() for i in range(len(tracks))])
        file["video_path"] = "C:/elsewhere/video.mp4"


def points3d(path: Path, points: np.ndarray) -> None:
    """points (F, N, 3) as sleap-anipose writes them."""
    with h5py.File(path, "w") as file:
        file.create_dataset("tracks", data=points[:, None], compression="gzip")


def sleap_labels(path: Path, version: float = 1.4) -> None:
    """Two videos, frames 0 and 3; each frame has a prediction (scores 0.1, 0.5, 0.9); the first one by hand too."""
    frame = [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8")]
    frame += [("instance_id_start", "u8"), ("instance_id_end", "u8")]
    instance = [("instance_id", "i8"), ("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4")]
    instance += [("track", "i4"), ("from_predicted", "i8"), ("score", "f4")]
    instance += [("point_id_start", "u8"), ("point_id_end", "u8"), ("tracking_score", "f4")]
    point = [("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")]
    frames = [(0, 0, 0, 0, 2), (1, 0, 3, 2, 3), (2, 1, 0, 3, 4), (3, 1, 3, 4, 5)]
    instances = [(0, 1, 0, 0, -1, -1, 0.7, 0, 3, 0), (1, 0, 0, 0, -1, -1, 0.0, 0, 3, 0)]
    instances += [(i, 1, i - 1, 0, -1, -1, 0.7, 3 * (i - 1), 3 * i, 0) for i in (2, 3, 4)]
    predicted = [(10.0 + i, 20.0 + i, True, False, (0.1, 0.5, 0.9)[i % 3]) for i in range(12)]
    by_hand = [(1.0, 2.0, True, True), (np.nan, np.nan, False, False), (3.0, 4.0, True, True)]
    nodes = [{"name": name, "weight": 1.0} for name in ("tail", "nose", "ear left")]
    skeleton = {"nodes": [{"id": 1}, {"id": 2}, {"id": 0}], "links": [], "directed": True}
    videos = [json.dumps({"backend": {"filename": f"D:\\data\\{name}\\video.mp4"}}) for name in ("left", "right")]
    with h5py.File(path, "w") as file:
        file["frames"] = np.array(frames, dtype=frame)
        file["instances"] = np.array(instances, dtype=instance)
        file["points"] = np.array(by_hand, dtype=point)
        file["pred_points"] = np.array(predicted, dtype=[*point, ("score", "f8")])
        metadata = file.create_group("metadata")
        metadata.attrs["format_id"] = version
        metadata.attrs["json"] = np.bytes_(json.dumps({"nodes": nodes, "skeletons": [skeleton]}).encode())
        file.create_dataset("videos_json", data=videos, dtype=h5py.string_dtype())


def deeplabcut_columns(animals: Sequence[str] = ()) -> list[tuple[str, ...]]:
    """The header of every column, as pandas has it."""
    parts = [(name, key) for name in NAMES for key in ("x", "y", "likelihood")]
    return [("DLC_net", *animal, *part) for animal in ([(name,) for name in animals] or [()]) for part in parts]


def deeplabcut_table(path: Path, values: np.ndarray, animals: Sequence[str] = ()) -> None:
    """values (F, columns) in pandas' "table" layout."""
    columns = deeplabcut_columns(animals)
    row = np.dtype([("index", "<i8"), ("values_block_0", "<f8", (len(columns),))])
    rows = np.zeros(len(values), row)
    rows["index"], rows["values_block_0"] = np.arange(len(values)), values
    with h5py.File(path, "w") as file:
        table = file.create_dataset("df_with_missing/table", data=rows, chunks=(max(1, len(rows)),))
        table.attrs["CLASS"] = np.bytes_(b"TABLE")
        table.attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(columns, 0))


def deeplabcut_blocks(path: Path, values: np.ndarray) -> None:
    """values (F, columns) in pandas' "fixed" layout."""
    columns = deeplabcut_columns()
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        for level in range(3):
            texts = sorted({column[level] for column in columns})
            group[f"block0_items_level{level}"] = np.array([text.encode() for text in texts])
            labels = [texts.index(column[level]) for column in columns]
            group[f"block0_items_label{level}"] = np.array(labels, np.int8)
        group["block0_values"] = values
        group["axis1"] = np.arange(len(values))


def deeplabcut_csv(path: Path, values: np.ndarray, animals: Sequence[str] = ()) -> None:
    """values (F, columns); NaN as an empty cell."""
    heads = ("scorer", "individuals", "bodyparts", "coords") if animals else ("scorer", "bodyparts", "coords")
    columns = deeplabcut_columns(animals)
    lines = [",".join([head, *(column[level] for column in columns)]) for level, head in enumerate(heads)]
    for frame, row in enumerate(values.tolist()):
        lines.append(",".join([str(frame), *("" if value != value else repr(value) for value in row)]))
    path.write_text("\n".join(lines) + "\n")


def anipose_csv(path: Path, points: np.ndarray, M: np.ndarray, centre: np.ndarray) -> None:
    """points (F, N, 3) of the calibration's world, turned into the body's frame as anipose does: M p − centre."""
    turned = points @ M.T - centre
    header = [f"{name}_{key}" for name in NAMES for key in ("x", "y", "z", "error", "ncams", "score")]
    header += [f"M_{i}{j}" for i in range(3) for j in range(3)] + [f"center_{i}" for i in range(3)] + ["fnum"]
    lines = [",".join(header)]
    for frame, row in enumerate(turned):
        cells = [repr(float(value)) for point in row for value in (*point, 1.0, 3, 0.9)]
        cells += [repr(float(value)) for value in (*M.ravel(), *centre)]
        lines.append(",".join([*cells, str(frame)]))
    path.write_text("\n".join(lines) + "\n")


def jarvis_annotations(path: Path, cameras: Sequence[str], points: np.ndarray) -> None:
    """points (V, F, N, 2) as JARVIS has them; NaN: not labelled (0, 0, 0). Frames are called 10, 20, …."""
    images, annotations, framesets = [], [], {}
    for frame in range(points.shape[1]):
        members = []
        for view, camera in enumerate(cameras):
            number = len(images)
            members.append(number)
            name = f"recording/{camera}/Frame_{10 * (frame + 1)}.jpg"
            images.append({"id": number, "file_name": name, "width": 640, "height": 480})
            marks = [
                [0, 0, 0] if np.isnan(point).any() else [float(point[0]), float(point[1]), 1]
                for point in points[view, frame]
            ]
            flat = [value for mark in marks for value in mark]
            annotations.append({"id": number, "image_id": number, "keypoints": flat, "num_keypoints": len(marks)})
        framesets[f"recording/Frame_{10 * (frame + 1)}"] = {"datasetName": "recording", "frames": members}
    document = {"keypoint_names": list(NAMES), "categories": [], "images": images, "annotations": annotations}
    path.write_text(json.dumps({**document, "framesets": framesets}))


def point_sets(path: Path, points: np.ndarray) -> None:
    """points (V, F, N, 2) as they stand in the file; cameras are counted on from set to set."""
    sets = {
        f"set_{frame}": {
            str(frame * points.shape[0] + view): points[view, frame].ravel().tolist() for view in range(points.shape[0])
        }
        for frame in range(points.shape[1])
    }
    path.write_text(json.dumps({**sets, "note": "made for a test"}))
