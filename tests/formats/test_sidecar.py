"""Decisions beside files that stay untouched, and corrections that every way of opening follows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mouseview as mv
from mouseview.formats import open_dataset, read_rig, sidecar, write_rig
from mouseview.formats.correction_file import (
    KIND,
    from_json,
    home_of,
    remove_correction,
    save_correction,
    saved_correction,
    to_json,
)
from mouseview.formats.registry import FORMATS, calibration_home, identify
from mouseview.model.camera import Rig
from mouseview.model.correction import Correction
from mouseview.model.errors import FileFormatError, MouseViewError
from tests.formats.builders import ring_rig, write_sample
from tests.formats.mutate import mutants

TURNED = Correction(transpose_R=True, pixel_shift_px=0.5)
WRITABLE = [known.name for known in FORMATS if known.can_write]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar.platformdirs, "user_data_dir", lambda *_args, **_kept: str(tmp_path / "user"))


def saved(path: Path, correction: Correction = TURNED) -> Path:
    return save_correction(home_of(path, identify(path)), correction)


def poses(rig: Rig) -> np.ndarray:
    return np.array([camera.T_cam_world for camera in rig])


def content(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("format", WRITABLE)
def test_a_correction_is_followed_by_every_way_of_opening_and_can_be_taken_back(tmp_path: Path, format: str) -> None:
    known = next(known for known in FORMATS if known.name == format)
    path = tmp_path / "rig" / (known.file_names[0].replace("*", "a") if not known.writes_folder else "model")
    path.parent.mkdir()
    write_rig(ring_rig(units="mm"), path, format)
    plain, before = read_rig(path), content(tmp_path)
    place = saved(path)
    assert {file: data for file, data in content(tmp_path).items() if file in before} == before, (
        "sources stay untouched"
    )
    assert place.name.endswith(f"{KIND}.mouseview.json")
    expected = TURNED.apply(plain)
    ways = [read_rig(path), mv.read_rig(path), open_dataset(path)[0].rig, mv.open_dataset(str(path))[0].rig]
    ways += [open_dataset(path.parent)[0].rig] if not known.writes_folder else []
    ways += [read_rig(file) for file in known.files(path)] if known.files and format.startswith("jarvis") else []
    for rig in ways:
        np.testing.assert_allclose(poses(rig), poses(expected), atol=1e-12)
        assert rig[0].cx == expected[0].cx
        assert f"corrected: R transposed, principal point +0.5 px ({place.name})" in rig.assumptions
    assert not any("correct" in note for note in read_rig(path, corrected=False).assumptions)
    np.testing.assert_array_equal(poses(open_dataset(path, corrected=False)[0].rig), poses(plain))
    home = calibration_home(read_rig(path))
    assert home is not None
    remove_correction(home)
    assert content(tmp_path) == before
    np.testing.assert_array_equal(poses(read_rig(path)), poses(plain))


def test_a_calibration_that_has_changed_since_is_not_corrected_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "opencv_cameras.json"
    write_rig(ring_rig(), path, "facelift")
    saved(path)
    document = json.loads(path.read_text())
    document["frames"][0]["fx"] += 1.0
    path.write_text(json.dumps(document))
    rig = read_rig(path)
    np.testing.assert_array_equal(poses(rig), poses(read_rig(path, corrected=False)))
    assert any(note.startswith("not corrected: R transposed") for note in rig.assumptions)
    found = saved_correction(home_of(path, identify(path)))
    assert found is not None
    assert found.outdated
    assert found.correction == TURNED
    saved(path)
    assert any(note.startswith("corrected:") for note in read_rig(path).assumptions), "decided anew, it counts again"


def test_one_more_camera_file_makes_a_folder_another_calibration(tmp_path: Path) -> None:
    write_rig(ring_rig(units="mm"), tmp_path / "jarvis", "jarvis")
    saved(tmp_path / "jarvis")
    first = sorted((tmp_path / "jarvis").glob("*.yaml"))[0]
    shutil.copy(first, first.with_name("cam_extra.yaml"))
    assert any(note.startswith("not corrected") for note in read_rig(tmp_path / "jarvis").assumptions)


def test_a_corrected_rig_keeps_its_correction_as_a_sample_with_images_exchanged(tmp_path: Path) -> None:
    folder = write_sample(tmp_path / "s")
    plain = open_dataset(folder)[0]
    swap = Correction(images_of=(("cam_000", "cam_002"), ("cam_002", "cam_000")))
    saved(folder / "opencv_cameras.json", swap)
    for sample in (open_dataset(folder)[0], open_dataset(tmp_path)[0]):
        np.testing.assert_array_equal(sample.image(0), plain.image(2))
        np.testing.assert_array_equal(sample.image(2), plain.image(0))
        np.testing.assert_array_equal(sample.image(1), plain.image(1))
        np.testing.assert_array_equal(poses(sample.rig), poses(plain.rig))


def test_a_folder_that_cannot_be_written_leaves_it_to_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "opencv_cameras.json"
    write_rig(ring_rig(), path, "facelift")
    write = sidecar.write_atomically

    def refuse(place: Path, data: bytes) -> None:
        if place.parent == tmp_path:
            raise FileFormatError("cannot be written: read-only", place=str(place), remedy="")
        write(place, data)

    monkeypatch.setattr(sidecar, "write_atomically", refuse)
    place = saved(path)
    assert place.is_relative_to(tmp_path / "user")
    assert any(place.name in note for note in read_rig(path).assumptions)
    remove_correction(home_of(path, identify(path)))
    assert not place.exists()


def test_the_sidecar_beside_the_file_wins_over_the_users_own(tmp_path: Path) -> None:
    target = tmp_path / "a.toml"
    sidecar.elsewhere(target, KIND).parent.mkdir(parents=True)
    sidecar.elsewhere(target, KIND).write_text("{}")
    sidecar.write_sidecar(target, KIND, {"mine": 1})
    assert sidecar.read_sidecar(target, KIND) == {"mine": 1}
    sidecar.remove_sidecar(target, KIND)
    assert sidecar.find_sidecar(target, KIND) is None


def test_kinds_do_not_meet_and_folders_have_their_own(tmp_path: Path) -> None:
    place = sidecar.write_sidecar(tmp_path, "session", {"stride": 2})
    assert place == tmp_path / "session.mouseview.json"
    assert sidecar.read_sidecar(tmp_path, KIND) is None
    shutil.copy(place, sidecar.beside(tmp_path, KIND))
    with pytest.raises(FileFormatError, match="kind 'correction'"):
        sidecar.read_sidecar(tmp_path, KIND)


def test_saving_the_plain_reading_takes_the_correction_back(tmp_path: Path) -> None:
    path = tmp_path / "opencv_cameras.json"
    write_rig(ring_rig(), path, "facelift")
    saved(path)
    saved(path, Correction())
    assert saved_correction(home_of(path, identify(path))) is None


@given(
    st.builds(
        Correction,
        transpose_K=st.booleans(),
        transpose_R=st.booleans(),
        camera_to_world=st.booleans(),
        opengl_axes=st.booleans(),
        drop_lens=st.booleans(),
        K_size=st.none() | st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
        size=st.none() | st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
        pixel_shift_px=st.floats(-100, 100),
        label_shift_px=st.floats(-100, 100),
        scale=st.floats(1e-6, 1e6),
        units=st.sampled_from([None, "mm", "m"]),
        images_of=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=4).map(tuple),
    )
)
@settings(deadline=None)
def test_what_is_saved_is_read_back(correction: Correction) -> None:
    document = json.loads(json.dumps(to_json(correction)))
    assert from_json(document, "here") == correction
    assert from_json(to_json(Correction()), "here") == Correction()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "an object"),
        ({"mirror": True}, "mirror"),
        ({"transpose_K": 1}, "true or false"),
        ({"K_size": [0, 5]}, "K_size"),
        ({"K_size": [10**9, 10**9]}, "K_size"),
        ({"size": 512}, "width, height"),
        ({"scale": 0}, "positive"),
        ({"scale": -1}, "positive"),
        ({"scale": float("nan")}, "finite"),
        ({"scale": 1e300}, "finite"),
        ({"pixel_shift_px": "1"}, "number"),
        ({"pixel_shift_px": float("inf")}, "finite"),
        ({"units": "furlongs"}, "one of"),
        ({"units": []}, "one of"),
        ({"images_of": {"a": "b"}}, "pairs"),
        ({"images_of": [["a"]]}, "two names"),
        ({"images_of": [["a", "b" * 1000]]}, "characters"),
        ({"images_of": [["a", "b"]] * 20_000}, "pairs"),
    ],
)
def test_a_hostile_correction_is_refused_with_its_place(document: object, message: str) -> None:
    with pytest.raises(FileFormatError, match=message) as caught:
        from_json(document, "sidecar")
    assert caught.value.place.startswith("sidecar")
    assert caught.value.remedy


def test_images_of_cameras_that_are_not_there_are_refused_on_opening(tmp_path: Path) -> None:
    path = tmp_path / "opencv_cameras.json"
    write_rig(ring_rig(), path, "facelift")
    place = saved(path, Correction(images_of=(("cam_000", "cam_009"), ("cam_009", "cam_000"))))
    with pytest.raises(FileFormatError, match="exchanges images") as caught:
        read_rig(path)
    assert caught.value.place == str(place)


def test_mutated_sidecars_raise_our_errors_only(tmp_path: Path) -> None:
    path = tmp_path / "opencv_cameras.json"
    write_rig(ring_rig(), path, "facelift")
    place = saved(
        path,
        Correction(K_size=(48, 40), scale=2.0, units="mm", images_of=(("cam_000", "cam_001"), ("cam_001", "cam_000"))),
    )
    outcomes, unplaced = set(), []
    for mutant in mutants(place.read_bytes(), 400, seed=5):
        place.write_bytes(mutant)
        try:
            outcomes.add(type(read_rig(path)))
        except MouseViewError as error:
            outcomes.add(type(error))
            unplaced += [] if error.place else [error]
    assert outcomes == {Rig, FileFormatError}
    assert not unplaced
