"""Books, records and the manifest: what is said about the work, and that nothing but the input decides its bytes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from mouseview.jobs import JobProgress, read_state
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import CentreSource, Framing, Recipe
from mouseview.model.recipe_book import RecipeBook, SampleChange
from mouseview.phantom.dataset import write_sample
from mouseview.workflow.normalise import normalise_dataset
from mouseview.workflow.project import Project, save_project
from mouseview.workflow.recipe_json import book_from_json
from mouseview.workflow.source_hashes import FileHash, hash_file
from tests.rigs import mouse_ring
from tests.scene import Ellipsoid, photograph
from tests.workflow.session_on_disk import write_session
from tests.workflow.test_normalise import changed, digests, times

SMALL = Recipe(model="mouse-256")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three samples of three small views: files matter here, not pixels."""
    folder = tmp_path_factory.mktemp("manifest") / "dataset"
    rig = mouse_ring((96, 80))
    rig = rig.replace(cameras=rig.cameras[:3])
    images = [photograph(Ellipsoid(), camera, 1) for camera in rig]
    for index in range(3):
        write_sample(folder / f"sample_{index:06d}", rig, images)
    return folder


@pytest.fixture
def dataset(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "dataset"))


TURNED = RecipeBook("by hand", SMALL).framed("sample_000001", {"cam2": Framing((2.0, -1.0), 10.0)})


def test_only_the_sample_with_a_change_of_its_own_is_done_again(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    plain = normalise_dataset(dataset, out, SMALL)
    before = times(out)
    document = normalise_dataset(dataset, out, TURNED, resume=True)
    assert changed(before, out) == {"sample_000001"}
    assert document["scale"] == plain["scale"]
    record = json.loads((out / "sample_000001" / "recipe.json").read_text("utf-8"))
    assert record["recipe"]["framings"]["cam2"]["roll_deg"] == 10.0
    fresh = tmp_path / "fresh"
    normalise_dataset(dataset, fresh, TURNED)
    assert digests(fresh) == digests(out)


def test_a_centre_of_the_first_samples_own_changes_no_other_sample(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    normalise_dataset(dataset, out, SMALL)
    before = times(out)
    change = SampleChange(CentreSource.POINT, (60.0, 50.0, 55.0))
    normalise_dataset(dataset, out, RecipeBook("", SMALL).with_changes({"sample_000000": change}), resume=True)
    assert changed(before, out) == {"sample_000000"}


def test_the_manifest_names_every_file_with_its_hash(dataset: Path, tmp_path: Path) -> None:
    (dataset / "sample_000002" / "images" / "cam2.png").write_bytes(b"")
    out = tmp_path / "out"
    normalise_dataset(dataset, out, TURNED)
    told = json.loads((out / "normalised.json").read_text("utf-8"))
    assert told["scale"] == told["samples"][0]["similarity"]["scale"] > 0
    assert {name: entry["sha256"] for name, entry in told["sources"].items()} == {
        name: digest for name, digest in digests(dataset).items() if not name.startswith("sample_000002")
    }
    files = digests(out)
    for sample in told["samples"]:
        assert all(name.startswith(sample["name"]) for name in sample["sources"])
        for name, entry in sample["files"].items():
            assert files.pop(f"{sample['folder']}/{name}") == entry["sha256"]
            assert (out / sample["folder"] / name).stat().st_size == entry["bytes"]
    bookkeeping = {"normalised.json", "mouseview-job.jsonl"} | {f"sample_00000{index}/recipe.json" for index in (0, 1)}
    assert set(files) == bookkeeping
    assert book_from_json(told["book"]) == TURNED
    (failed,) = told["failed"]
    assert failed["name"] == "sample_000002"
    assert failed["error"]["place"] == "sample_000002/images/cam2.png"


def test_where_and_when_leave_no_trace(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder, a path from another place, older files, another process, a project: the same bytes."""
    moved = Path(shutil.copytree(dataset, tmp_path / "else" / "where"))
    for image in moved.rglob("*.png"):
        os.utime(image, ns=(1, 1))
    (dataset / "sample_000002" / "images" / "cam2.png").write_bytes(b"")
    (moved / "sample_000002" / "images" / "cam2.png").write_bytes(b"")
    save_project(Project(str(moved)).with_book(TURNED), tmp_path / "p.mouseview")
    monkeypatch.chdir(moved.parent)
    asked: list[tuple[str | Path, str | Path]] = [
        (dataset, tmp_path / "one"), ("where", "two"), (tmp_path / "p.mouseview", tmp_path / "far" / "three")
    ]  # fmt: skip
    for path, out in asked:
        normalise_dataset(path, out, TURNED, jobs=1)
    one, two, three = (digests(Path(out)) for _, out in asked)
    for made in (one, two, three):
        assert made.pop("mouseview-job.jsonl")  # it keeps times and places, for the next run
    assert one == two == three


def test_ledgers_name_sources_as_seen_from_the_dataset(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    normalise_dataset(dataset, out, SMALL, only=("sample_000001",))
    _, *views = json.loads((out / "sample_000001" / "ledger.json").read_text("utf-8"))["chain"]
    assert views[2]["image"] == "sample_000001/images/cam2.png"
    root = Path(read_settings(out)["root"])
    assert all((root / view["image"]).samefile(dataset / view["image"]) for view in views)


def read_settings(out: Path) -> Any:
    state = read_state(out)
    assert state is not None
    return state.settings


def test_the_manifest_is_away_while_the_work_goes_on(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    normalise_dataset(dataset, out, SMALL)
    there: list[bool] = []
    normalise_dataset(
        dataset, out, SMALL, resume=True, watch=lambda _: there.append((out / "normalised.json").exists())
    )
    assert there == [False] * 3
    assert (out / "normalised.json").exists()


def test_a_source_that_changes_between_its_samples_is_told(tmp_path: Path) -> None:
    """A manifest that names one hash for it would be wrong about one of them."""
    session = tmp_path / "session"
    write_session(session, 2, masks=False)

    def change(progress: JobProgress) -> None:
        if progress.finished == 1:
            with (session / "calibration.toml").open("a") as file:
                file.write("\n# looked at\n")

    recipe = SMALL.replace(centre=CentreSource.AXES)
    with pytest.raises(MouseViewError, match="changed") as caught:
        normalise_dataset(session, tmp_path / "out", recipe, watch=change)
    assert "calibration.toml" in caught.value.place
    assert not (tmp_path / "out" / "normalised.json").exists()
    document = normalise_dataset(session, tmp_path / "out", recipe, resume=True)
    assert [sample.get("skipped", False) for sample in document["samples"]] == [False, True]


def test_videos_are_read_once_for_their_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session, out = tmp_path / "session", tmp_path / "out"
    write_session(session, 3)
    read: list[str] = []

    def watched(path: Path, cancelled: Any = lambda: False) -> FileHash:
        read.append(path.name)
        return hash_file(path, cancelled)

    monkeypatch.setattr("mouseview.workflow.source_hashes.hash_file", watched)
    recipe = SMALL.replace(centre=CentreSource.AXES)
    normalise_dataset(session, out, recipe)
    assert sorted(read) == sorted(["cam0.mp4", "cam1.mp4", "cam2.mp4"] * 2 + ["calibration.toml"])
    told = json.loads((out / "normalised.json").read_text("utf-8"))
    assert told["sources"]["masks/cam1.mp4"]["sha256"] == digests(session)["masks/cam1.mp4"]
    assert told["samples"][2]["sources"] == sorted(told["sources"])
    read.clear()
    os.utime(session / "cam1.mp4", ns=(1, 1))
    document = normalise_dataset(session, out, recipe, resume=True)
    assert [sample["skipped"] for sample in document["samples"]] == [True] * 3
    assert read.count("cam1.mp4") == 1


def test_single_samples_go_into_a_folder_of_their_own(dataset: Path, tmp_path: Path) -> None:
    whole, few = tmp_path / "whole", tmp_path / "few"
    normalise_dataset(dataset, whole, SMALL)
    document = normalise_dataset(dataset, few, SMALL, only=("sample_000002", "sample_000001"))
    assert [sample["name"] for sample in document["samples"]] == ["sample_000001", "sample_000002"]
    assert digests(few / "sample_000002") == digests(whole / "sample_000002")  # the scale is the session's
    with pytest.raises(MouseViewError, match="1 other sample") as caught:
        normalise_dataset(dataset, whole, SMALL, only=("sample_000000", "sample_000001"), resume=True)
    assert "--resume" in caught.value.remedy
    with pytest.raises(MouseViewError, match="no sample 'x' here"):
        normalise_dataset(dataset, few, SMALL, only=("x",))
    normalise_dataset(dataset, few, SMALL, resume=True)
    assert digests(few) == digests(whole)


def test_cameras_that_a_person_holds_out_decide_nothing(dataset: Path, tmp_path: Path) -> None:
    one = dataset / "sample_000000"
    held = normalise_dataset(one, tmp_path / "a", SMALL, held_out=("cam0",))
    named = normalise_dataset(one, tmp_path / "b", SMALL.replace(views=("cam1", "cam2")))
    assert held["similarity"] == named["similarity"]
    assert held["similarity"] != normalise_dataset(one, tmp_path / "c", SMALL)["similarity"]
    told = json.loads((tmp_path / "a" / "normalised.json").read_text("utf-8"))
    assert told["held_out"] == ["cam0"]
