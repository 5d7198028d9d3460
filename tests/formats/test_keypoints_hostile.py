"""Hostile keypoint files: only errors meant for users come out, and no file leads elsewhere."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from mouseview.formats.keypoints import hdf5, read_keypoints, write_keypoints
from mouseview.model.camera import Labels
from mouseview.model.errors import FileFormatError
from tests.formats import keypoint_files as made
from tests.formats.test_mutations import assert_only_user_errors


def some(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 90, shape)


WRITERS: dict[str, Callable[[Path], object]] = {
    "analysis.h5": lambda path: made.sleap_analysis(path, some(2, 5, 3, 2)),
    "labels.slp": made.sleap_labels,
    "points3d.h5": lambda path: made.points3d(path, some(5, 3, 3)),
    "table.h5": lambda path: made.deeplabcut_table(path, some(4, 9)),
    "blocks.h5": lambda path: made.deeplabcut_blocks(path, some(4, 9)),
    "deeplabcut.csv": lambda path: made.deeplabcut_csv(path, some(4, 18), ("Anna", "Bela")),
    "pose-3d.csv": lambda path: made.anipose_csv(path, some(4, 3, 3), np.eye(3), np.zeros(3)),
    "instances_val.json": lambda path: made.jarvis_annotations(path, ("a", "b"), some(2, 2, 3, 2)),
    "keypoints2d.json": lambda path: made.point_sets(path, some(2, 2, 3, 2)),
    "keypoints.json": lambda path: write_keypoints(
        Labels(some(2, 3, 3), ("x", "y", "z"), some(2, 2, 3, 2), (4, 9)), ["a", "b"], path
    ),
}


def read_all(path: Path) -> None:
    table = read_keypoints(path)
    rows = np.arange(len(table.frames))
    assert np.all(np.diff(table.frames) > 0)
    if table.pixels is not None:
        found = table.pixels(rows)
        assert found.shape == (len(table.views), len(rows), table.count, 2)
        assert not np.any(np.isinf(found))
    if table.world is not None:
        assert table.world(rows).shape == (len(rows), table.count, 3)


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_keypoints(tmp_path: Path, name: str) -> None:
    (tmp_path / "original").mkdir()
    original = tmp_path / "original" / name
    WRITERS[name](original)
    read_all(original)
    assert_only_user_errors(tmp_path / name, original.read_bytes(), read_all)


def analysis(tmp_path: Path) -> Path:
    path = tmp_path / "a.h5"
    made.sleap_analysis(path, some(1, 5, 3, 2))
    return path


@pytest.mark.parametrize("link", [h5py.ExternalLink("secret.h5", "/tracks"), h5py.SoftLink("/elsewhere")])
def test_links_are_not_followed(tmp_path: Path, link: object) -> None:
    made.sleap_analysis(tmp_path / "secret.h5", some(1, 5, 3, 2))
    path = analysis(tmp_path)
    with h5py.File(path, "a") as file:
        file["elsewhere"] = file["tracks"][()]
        del file["tracks"]
        file["tracks"] = link
    with pytest.raises(FileFormatError, match="link, which is not followed"):
        read_keypoints(path)


def test_values_in_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(1 * 2 * 3 * 5 * 8))
    path = analysis(tmp_path)
    with h5py.File(path, "a") as file:
        del file["tracks"]
        where = [(str(tmp_path / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("tracks", (1, 2, 3, 5), "f8", external=where)
    with pytest.raises(FileFormatError, match="in another file"):
        read_keypoints(path)
    made.sleap_analysis(tmp_path / "secret.h5", some(1, 5, 3, 2))
    with h5py.File(path, "a") as file:
        del file["tracks"]
        layout = h5py.VirtualLayout((1, 2, 3, 5), "f8")
        layout[:] = h5py.VirtualSource(tmp_path / "secret.h5", "tracks", (1, 2, 3, 5))
        file.create_virtual_dataset("tracks", layout)
    with pytest.raises(FileFormatError, match="in another file"):
        read_keypoints(path)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = analysis(tmp_path)
    with h5py.File(path, "a") as file:
        del file["tracks"]
        file.create_dataset("tracks", (1, 2, 3, 10**9), "f8", chunks=(1, 2, 3, 1024), compression="gzip")
    assert path.stat().st_size < 100_000
    with pytest.raises(FileFormatError, match="more than 256 MiB"):
        read_keypoints(path)


def test_chunks_larger_than_their_values_are_refused(tmp_path: Path) -> None:
    path = analysis(tmp_path)
    with h5py.File(path, "a") as file:
        del file["tracks"]
        chunks = (1, 2, 3, 20_000_000)
        file.create_dataset("tracks", (1, 2, 3, 5), "f8", chunks=chunks, maxshape=(None,) * 4, compression="gzip")
    with pytest.raises(FileFormatError, match="chunks"):
        read_keypoints(path)


def test_column_names_that_are_code_are_refused(tmp_path: Path) -> None:
    class Call:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "touched",))

    made.deeplabcut_table(tmp_path / "a.h5", some(4, 9))
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["df_with_missing/table"].attrs["values_block_0_kind"] = np.bytes_(pickle.dumps([Call()], 0))
    with pytest.raises(FileFormatError, match="only numpy arrays are accepted"):
        read_keypoints(tmp_path / "a.h5")
    assert not (tmp_path / "touched").exists()


def test_texts_of_any_length(tmp_path: Path) -> None:
    names = ["nose", "", "Schwanzspitze", "ü" * 50]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        kind = h5py.string_dtype()
        file.create_dataset("plain", data=names, dtype=kind)
        file.create_dataset("packed", data=names, dtype=kind, chunks=(16,), maxshape=(None,), compression="gzip")
        file.create_dataset("two pieces", data=names, dtype=kind, chunks=(3,))
    with hdf5.hdf5_file(tmp_path / "a.h5") as file:
        assert file.texts("plain") == tuple(names)
        assert file.texts("packed") == tuple(names)
        assert file.texts("two pieces") == tuple(names)
