"""Each command on a small sample: what it prints, writes and refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.formats.images import read_image
from mouseview.formats.registry import read_rig
from mouseview.model.camera import Rig
from mouseview.model.gaussians import Gaussians
from mouseview.splats.ply import write_ply
from tests.cli.conftest import SIZE, Cli

CAMERA_KEYS = {"name", "width", "height", "fx", "fy", "cx", "cy", "skew", "distortion", "T_cam_world", "centre"}
RIG_KEYS = {"format", "units", "cameras", "axes_point", "axes_rms", "distance_mean", "distance_cv", "findings"}


def test_inspect_describes_the_cameras(cli: Cli, sample_folder: Path, small_rig: Rig) -> None:
    code = cli("inspect", sample_folder, "--json")
    document = json.loads(cli.out)
    assert document.keys() >= RIG_KEYS
    assert [camera["name"] for camera in document["cameras"]] == list(small_rig.names)
    for camera, truth in zip(document["cameras"], small_rig, strict=True):
        assert camera.keys() >= CAMERA_KEYS | {"distance"}
        np.testing.assert_allclose(camera["T_cam_world"], truth.T_cam_world, atol=1e-9)
        assert camera["distance"] == pytest.approx(2.7, abs=1e-6)
    np.testing.assert_allclose(document["axes_point"], 0, atol=1e-6)
    for finding in document["findings"]:
        assert finding.keys() >= {"code", "severity", "place", "message", "remedy"}
    assert code == (1 if any(finding["severity"] == "error" for finding in document["findings"]) else 0)


def test_inspect_for_people_names_every_camera_and_finding(cli: Cli, sample_folder: Path) -> None:
    findings = json.loads((cli("inspect", sample_folder, "--json"), cli.out)[1])["findings"]
    cli("inspect", sample_folder)
    assert all(finding["code"] in cli.out for finding in findings)
    assert "optical axes meet" in cli.out


def test_inspect_says_1_where_the_geometry_is_impossible(cli: Cli, calibration: Path, tmp_path: Path) -> None:
    document = json.loads(calibration.read_text(encoding="utf-8"))
    document["frames"][0]["w2c"][0][0] = float("nan")
    broken = tmp_path / calibration.name
    broken.write_text(json.dumps(document), encoding="utf-8")
    document = cli.json("inspect", broken, code=1)
    assert "error" in document or any(finding["severity"] == "error" for finding in document["findings"])


@pytest.mark.parametrize("content", ["", "{", '{"frames": 3}', "[]", "\0\0\0"])
def test_broken_files_are_refused_by_name(cli: Cli, tmp_path: Path, content: str) -> None:
    broken = tmp_path / "opencv_cameras.json"
    broken.write_text(content, encoding="utf-8")
    error = cli.json("inspect", broken, code=1)["error"]
    assert str(broken) in error["place"]
    assert error["remedy"]


def test_convert_writes_and_keeps_the_cameras(cli: Cli, calibration: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.json"
    document = cli.json("convert", calibration, "--to", "facelift", "--out", out)
    assert document["written"] == str(out)
    assert isinstance(document["lost"], list)
    before, after = read_rig(calibration), read_rig(out)
    assert before.names == after.names
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new.T_cam_world, old.T_cam_world, atol=1e-12)
        np.testing.assert_allclose(new.K, old.K, atol=1e-12)


def test_convert_never_overwrites_what_it_read(cli: Cli, calibration: Path, tmp_path: Path) -> None:
    source = Path(shutil.copy(calibration, tmp_path))
    before = source.read_bytes()
    assert "read" in cli.json("convert", source, "--to", "facelift", "--out", source, code=1)["error"]["message"]
    assert source.read_bytes() == before


def test_convert_to_an_unknown_format_lists_the_known(cli: Cli, calibration: Path, tmp_path: Path) -> None:
    error = cli.json("convert", calibration, "--to", "papyrus", "--out", tmp_path / "x", code=1)["error"]
    assert "facelift" in error["remedy"]
    assert not (tmp_path / "x").exists()


def test_normalize_writes_samples_and_their_ledgers(cli: Cli, sample_folder: Path, tmp_path: Path) -> None:
    document = cli.json("normalize", sample_folder, "--out", tmp_path, "--mode", "exact-centred", "--centre", "axes")
    (sample,) = document["samples"]
    assert Path(sample["ledger"]).is_file()
    assert document["similarity"].keys() >= {"scale", "rotation", "centre"}
    assert document["failed"] == []


def test_normalize_takes_a_point_with_a_minus(cli: Cli, sample_folder: Path, tmp_path: Path) -> None:
    document = cli.json("normalize", sample_folder, "--out", tmp_path, "--centre", "-0.1,0.2,0.05")
    np.testing.assert_allclose(document["similarity"]["centre"], [-0.1, 0.2, 0.05], atol=1e-9)


def test_normalize_never_writes_into_the_source(cli: Cli, sample_folder: Path) -> None:
    before = sorted(sample_folder.rglob("*"))
    assert cli.json("normalize", sample_folder, "--out", sample_folder / "inside", code=1)["error"]["remedy"]
    assert sorted(sample_folder.rglob("*")) == before


@pytest.fixture
def ply(tmp_path: Path) -> Path:
    n = 50
    rng = np.random.default_rng(0)
    gaussians = Gaussians(
        xyz=rng.normal(0, 0.2, (n, 3)),
        sh=rng.normal(0, 1, (n, 1, 3)),
        scale=np.full((n, 3), 0.05),
        rotation=np.tile([1.0, 0, 0, 0], (n, 1)),
        opacity=np.full(n, 0.9),
    )
    write_ply(gaussians, tmp_path / "gaussians.ply")
    return tmp_path / "gaussians.ply"


def test_render_draws_every_camera(cli: Cli, ply: Path, calibration: Path, tmp_path: Path) -> None:
    out = tmp_path / "renders"
    document = cli.json("render", ply, "--cameras", calibration, "--out", out, "--size", 32)
    assert len(document["images"]) == 6
    for name in document["images"]:
        image = read_image(Path(name))
        assert image.shape[:2] == (32, 32)
        assert image[..., :3].min() < 200  # something is drawn
        assert image[0, 0, :3].min() == 255  # on white
    plain = cli.json("render", ply, "--cameras", calibration, "--out", out)
    assert read_image(Path(plain["images"][0])).shape[:2] == (SIZE, SIZE)


def test_a_folder_that_cannot_be_made_is_an_error_with_its_place(cli: Cli, ply: Path, calibration: Path) -> None:
    error = cli.json("render", ply, "--cameras", calibration, "--out", ply / "below", code=1)["error"]
    assert str(ply) in error["place"]
    assert error["remedy"]


def test_render_refuses_what_is_no_ply(cli: Cli, calibration: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ply"
    broken.write_bytes(b"ply\nformat")
    assert (
        str(broken) in cli.json("render", broken, "--cameras", calibration, "--out", tmp_path, code=1)["error"]["place"]
    )
    assert list(tmp_path.glob("*.png")) == []


def test_open_hands_everything_to_the_window(
    cli: Cli, sample_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":5")
    picture = tmp_path / "picture.png"
    document = cli.json("open", sample_folder, "--screenshot", picture, "--select", "sample_000001")
    assert cli.opened == [(str(sample_folder), str(picture), "sample_000001", None)]
    assert document == {"screenshot": str(picture)}


def test_a_picture_of_nothing_is_an_error_that_is_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":5")
    missing = tmp_path / "missing"
    error = cli.json("open", missing, "--screenshot", tmp_path / "picture.png", code=1)["error"]
    assert str(missing) in error["place"]
    assert cli.opened == []


def test_open_walks_a_tour(cli: Cli, sample_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":5")
    assert cli("open", sample_folder, "--tour", tmp_path / "tour") == 0
    assert cli.opened == [(str(sample_folder), None, None, str(tmp_path / "tour"))]


def test_open_reports_a_window_that_failed(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":5")
    cli.window_code = 1
    assert cli.json("open", "--screenshot", tmp_path / "picture.png", code=1) == {"screenshot": None}
    assert cli.opened[0][0] is None


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")


@pytest.mark.usefixtures("no_display")
def test_open_without_a_display_says_what_to_do(cli: Cli) -> None:
    error = cli.json("open", code=1)["error"]
    assert "display" in error["message"]
    assert "xvfb-run" in error["remedy"]
    assert cli.opened == []


@pytest.fixture
def journey(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The demo's journey, recorded instead of walked."""
    seen: dict[str, Any] = {}

    def run_demo(out: Path, seed: int, samples: int, **options: Any) -> dict[str, Any]:
        seen.update(out=out, seed=seed, samples=samples, **options)
        return {"dataset": out / "dataset", "report": out / "report.html", "screenshots": [], "psnr": float("nan")}

    monkeypatch.setattr("mouseview.workflow.demo.run_demo", run_demo)
    return seen


def test_demo_shows_the_window_where_there_is_a_display(
    cli: Cli, journey: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":5")
    assert cli("demo", "--out", tmp_path, "--seed", 3, "--samples", 2) == 0
    assert (journey["seed"], journey["samples"]) == (3, 2)
    assert journey["photograph"] is not None
    assert cli.opened == [(str(tmp_path / "dataset"), None, None, None)]
    assert "report.html" in cli.out


def test_demo_as_json_opens_no_window(
    cli: Cli, journey: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":5")
    document = cli.json("demo", "--out", tmp_path)
    assert document["report"].endswith("report.html")
    assert document["psnr"] is None
    assert cli("demo", "--out", tmp_path, "--no-window") == 0
    assert cli.opened == []


@pytest.mark.usefixtures("no_display")
def test_demo_without_any_display_still_reports(cli: Cli, journey: dict[str, Any], tmp_path: Path) -> None:
    assert cli("demo", "--out", tmp_path) == 0
    assert journey["photograph"] is None
    assert "no display" in cli.err
    assert cli.opened == []


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A run folder with a tiny random network for images of 256 px."""
    from tests.inference.tiny import save_run

    run = save_run(tmp_path / "run")
    with (run / "config.yaml").open("a", encoding="utf-8") as config:
        config.write("model_format: mouse-256\n")
    return run


def test_reconstruct_judges_fed_and_held_out_views(
    cli: Cli, sample_folder: Path, small_rig: Rig, checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    held = small_rig.names[-1]
    words = ("reconstruct", sample_folder, "--out", out, "--checkpoint", checkpoint, "--device", "cpu")
    document = cli.json(*words, "--held-out", held, "--views", ",".join(small_rig.names[:3]))
    assert Path(document["gaussians"]).is_file()
    assert (out / "metrics.json").is_file()
    roles = {view["name"]: view["role"] for view in document["views"]}
    assert roles[held] == "held-out"
    assert [name for name in roles if roles[name] == "input"] == list(small_rig.names[:3])
    for view in document["views"]:
        assert view.keys() >= {"psnr", "psnr_subject", "ssim", "white_baseline"}
    assert isinstance(document["white_collapse"], bool)
    assert document["seconds"] > 0


def test_reconstruct_names_an_unknown_checkpoint_and_camera(cli: Cli, sample_folder: Path, tmp_path: Path) -> None:
    words = ("reconstruct", sample_folder, "--out", tmp_path / "out")
    assert cli.json(*words, "--checkpoint", "nobody", code=1)["error"]["type"] == "CheckpointError"
    assert "periscope" in cli.json(*words, "--held-out", "periscope", code=1)["error"]["message"]
    assert not (tmp_path / "out").exists()
