"""Every bad input on the command line: file, place and remedy are said, exit code 1, nothing touched, rest usable."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.formats import open_dataset
from mouseview.phantom.dataset import write_sample
from tests.cli.conftest import Cli
from tests.rigs import mouse_ring
from tests.scene import Ellipsoid, photograph

CAMERAS = "opencv_cameras.json"
GOOD, BAD = "sample_000000", "sample_000001"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad") / "dataset"
    rig = mouse_ring((144, 128))
    images = [photograph(Ellipsoid(), camera, 1) for camera in rig]
    for name in (GOOD, BAD):
        write_sample(folder / name, rig, images)
    return folder


@pytest.fixture
def dataset(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "dataset"))


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _cameras(sample: Path, change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads((sample / CAMERAS).read_text(encoding="utf-8"))
    change(document)
    (sample / CAMERAS).write_text(json.dumps(document), encoding="utf-8")


def truncated_json(sample: Path) -> None:
    content = (sample / CAMERAS).read_bytes()
    (sample / CAMERAS).write_bytes(content[: len(content) // 2])


def climbing_path(sample: Path) -> None:
    def climb(document: dict[str, Any]) -> None:
        document["frames"][2]["file_path"] = "../../../../etc/passwd"

    _cameras(sample, climb)


def nan_pose(sample: Path) -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["frames"][2]["w2c"][0][3] = float("nan")

    _cameras(sample, spoil)


def missing_image(sample: Path) -> None:
    (sample / "images" / "cam2.png").unlink()


def empty_png(sample: Path) -> None:
    (sample / "images" / "cam2.png").write_bytes(b"")


def enormous_header(sample: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 6, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64))
    (sample / "images" / "cam2.png").write_bytes(content + chunk(b"IEND", b""))


SPOILED = {
    "truncated JSON": (truncated_json, CAMERAS),
    "a path that climbs out": (climbing_path, CAMERAS),
    "NaN pose": (nan_pose, "cam2"),
    "missing image": (missing_image, "cam2.png"),
    "0-byte PNG": (empty_png, "cam2.png"),
    "40000×40000 header": (enormous_header, "cam2.png"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_spoiled_sample_is_named_and_the_other_stays_usable(
    cli: Cli, dataset: Path, tmp_path: Path, case: str
) -> None:
    spoil, where = SPOILED[case]
    spoil(dataset / BAD)
    before = digest(dataset)

    inspected = cli.json("inspect", dataset / BAD, code=1)
    told = [inspected["error"]] if "error" in inspected else _errors(inspected)
    assert any(where in error["place"] + error["message"] for error in told)
    assert all(error["remedy"] for error in told)
    assert any(str(dataset / BAD) in error["place"] for error in told)

    out = tmp_path / "out"
    document = cli.json("normalize", dataset, "--out", out, "--model", "mouse-256", code=1)
    (failed,) = document["failed"]
    assert failed["name"] == BAD
    assert where in failed["error"]["place"]
    assert failed["error"]["remedy"]
    assert failed["error"]["message"] in cli.err
    assert [sample["name"] for sample in document["samples"]] == [GOOD]
    assert open_dataset(out).names == (GOOD,)

    result = tmp_path / "result"
    error = cli.json("reconstruct", dataset, "--sample", BAD, "--out", result, "--device", "cpu", code=1)["error"]
    assert where in error["place"]
    assert error["remedy"]
    assert not result.exists()
    assert digest(dataset) == before
    assert "Traceback" not in cli.err


def _errors(document: dict[str, Any]) -> list[dict[str, str]]:
    assert document["violated"] is True
    return [finding for finding in document["findings"] if finding["severity"] == "error"]


def test_people_read_it_as_text(cli: Cli, dataset: Path) -> None:
    truncated_json(dataset / BAD)
    assert cli("inspect", dataset / BAD) == 1
    assert cli.out == ""
    assert f"error: {dataset / BAD / CAMERAS}, line " in cli.err
    assert "truncated" in cli.err
    assert "\n  → " in cli.err


def test_a_list_with_missing_folders(cli: Cli, dataset: Path, tmp_path: Path) -> None:
    listed = tmp_path / "train.txt"
    listed.write_text(f"dataset/{GOOD}\ndataset/gone\ndataset/{BAD}\n", encoding="utf-8")
    document = cli.json("inspect", listed, code=1)
    assert document["samples"] == 2
    (problem,) = [error for error in _errors(document) if error["code"] == "sample-folder-missing"]
    assert f"{listed}, line 2" in problem["place"]
    assert "gone" in problem["message"]
    normalised = cli.json("normalize", listed, "--out", tmp_path / "out", "--model", "mouse-256", code=1)
    assert [sample["name"] for sample in normalised["samples"]] == [GOOD, BAD]
    assert len(normalised["failed"]) == 1


def test_a_list_of_nothing_but_missing_folders(cli: Cli, tmp_path: Path) -> None:
    listed = tmp_path / "train.txt"
    listed.write_text("gone\nlost\n", encoding="utf-8")
    error = cli.json("inspect", listed, code=1)["error"]
    assert f"{listed}, line 1" in error["place"]
    assert error["remedy"]


class _Touch:
    """Runs code when a pickle of it is loaded carelessly."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


def test_a_pickle_that_runs_code(cli: Cli, tmp_path: Path) -> None:
    victim, trap = tmp_path / "victim", tmp_path / "new_cam.pkl"
    trap.write_bytes(pickle.dumps([_Touch(victim)]))
    for words in (
        ("inspect", trap),
        ("normalize", trap, "--out", tmp_path / "out"),
        ("convert", trap, "--to", "facelift", "--out", tmp_path / "out.json"),
        ("render", trap, "--cameras", trap, "--out", tmp_path / "out"),
    ):
        error = cli.json(*words, code=1)["error"]
        assert str(trap) in error["place"]
        assert error["remedy"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new_cam.pkl"]
    pickle.loads(trap.read_bytes())
    assert victim.exists()  # the trap is real


def test_a_checkpoint_of_another_shape(cli: Cli, dataset: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from tests.inference.tiny import save_run, state

    run = save_run(tmp_path / "run")
    weights = state()
    name = next(key for key, value in weights.items() if value.ndim == 2)
    weights[name] = torch.zeros(3, 5)
    (checkpoint,) = run.glob("*.pt")
    torch.save({"model": weights}, checkpoint)
    words = ("reconstruct", dataset, "--out", tmp_path / "out", "--checkpoint", run, "--device", "cpu")
    error = cli.json(*words, code=1)["error"]
    assert error["type"] == "CheckpointError"
    assert name in error["message"]
    assert str(checkpoint) in error["place"]
    assert error["remedy"]
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_that_runs_code(cli: Cli, dataset: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from tests.inference.tiny import save_run

    run = save_run(tmp_path / "run")
    (checkpoint,) = run.glob("*.pt")
    torch.save({"model": _Touch(tmp_path / "victim")}, checkpoint)
    words = ("reconstruct", dataset, "--out", tmp_path / "out", "--checkpoint", run, "--device", "cpu")
    error = cli.json(*words, code=1)["error"]
    assert str(checkpoint) in error["place"]
    assert error["remedy"]
    assert not (tmp_path / "victim").exists()


def test_files_are_not_overwritten_by_a_failure(cli: Cli, dataset: Path, tmp_path: Path) -> None:
    """An output folder with results of an earlier run keeps them when the next run fails."""
    out = tmp_path / "out"
    cli.json("normalize", dataset, "--out", out, "--model", "mouse-256")
    kept = digest(out / BAD)
    nan_pose(dataset / BAD)
    cli.json("normalize", dataset, "--out", out, "--model", "mouse-256", code=1)
    assert digest(out / BAD) == kept
    target = tmp_path / "cameras.json"
    target.write_text("mine", encoding="utf-8")
    truncated_json(dataset / GOOD)
    cli.json("convert", dataset / GOOD, "--to", "facelift", "--out", target, code=1)
    assert target.read_text(encoding="utf-8") == "mine"


def test_the_rest_of_a_spoiled_rig_is_described(cli: Cli, dataset: Path) -> None:
    nan_pose(dataset / BAD)
    document = cli.json("inspect", dataset / BAD, code=1)
    assert [camera["distance"] is None for camera in document["cameras"]] == [False, False, True, False, False, False]
    true = cli.json("inspect", dataset / GOOD)
    np.testing.assert_allclose(document["axes_point"], true["axes_point"], atol=15)
    assert document["distance_mean"] == pytest.approx(true["distance_mean"], rel=0.05)
