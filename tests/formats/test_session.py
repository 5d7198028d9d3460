"""Sessions: which video, mask and calibration belong together, and which frame a sample shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mouseview.formats.correction_file import save_correction
from mouseview.formats.dataset import open_dataset
from mouseview.formats.registry import calibration_home, write_rig
from mouseview.formats.sessions.session import find_session, read_session, save_settings, session_dataset
from mouseview.model.correction import Correction
from mouseview.model.errors import FileFormatError
from mouseview.model.sample import Dataset
from mouseview.model.session import SessionSettings
from tests.formats.session_folders import (
    FRAMES,
    level,
    mask_of,
    rig_of,
    write_calibration,
    write_images,
    write_mask_images,
    write_mask_video,
    write_video,
)
from tests.shared_data import shared_path
from tests.video.encoding import SIZE

NAMES = ("camA", "camB", "camC")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's is read or written."""
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """Three videos called like their cameras beside the calibration."""
    write_calibration(tmp_path, NAMES)
    for number, name in enumerate(NAMES):
        write_video(tmp_path / f"{name}.mkv", number)
    return tmp_path


def shown(dataset: Dataset, sample: int) -> list[int | None]:
    """The grey level of each view, which tells camera and frame; None without an image."""
    opened = dataset[sample]
    out: list[int | None] = []
    for source in opened.sources:
        if source is None:
            out.append(None)
            continue
        image = source.load()
        assert image.shape == (SIZE[1], SIZE[0], 4)
        assert len(np.unique(image[..., :3])) == 1
        out.append(int(image[0, 0, 0]))
    return out


def codes(dataset: Dataset) -> set[str]:
    return {problem.code for problem in dataset.problems}


def test_samples_are_frames(flat: Path) -> None:
    dataset = open_dataset(flat)
    assert dataset.session is not None
    assert len(dataset) == FRAMES
    assert dataset.names[:2] == ("frame_000000", "frame_000001")
    assert dataset[7].frame == 7
    assert dataset[7].folder == flat
    for sample in (0, 7, FRAMES - 1, 3):
        assert shown(dataset, sample) == [level(camera, sample) for camera in range(3)]
    assert not dataset.problems
    assert any("called alike" in text for text in dataset[0].rig.assumptions)


Layout = Callable[[Path], None]


def _flat_words(folder: Path) -> None:
    write_calibration(folder, ("RC", "LC", "T"))
    for number, name in enumerate(("Camera_RC", "Camera_LC", "Camera_T")):
        write_video(folder / f"{name}.mkv", number)


def _folder_a_camera(folder: Path) -> None:
    write_calibration(folder, ("back", "mid", "top"))
    for number, name in enumerate(("back", "mid", "top")):
        write_video(folder / name / f"minimal_{name}.mkv", number)


def _dannce(folder: Path) -> None:
    write_calibration(folder, ("Camera1", "Camera2", "Camera10"))
    for number, name in enumerate(("Camera1", "Camera2", "Camera10")):
        write_video(folder / "videos" / name / "0.mkv", number)


def _lab(folder: Path) -> None:
    write_calibration(folder, ("0", "1", "2"))
    for number in range(3):
        write_video(folder / "videos_undist" / f"{number}.mkv", number)
        write_mask_video(folder / "simpleclick_undist" / f"{number}.mkv")


def _anipose(folder: Path) -> None:
    write_calibration(folder / "calibration", ("A", "B", "C"))
    for number, name in enumerate("ABC"):
        write_video(folder / "videos-raw" / f"vid1-cam{name}.mkv", number)
        write_video(folder / "videos-labeled" / f"vid1-cam{name}.mkv", number + 4)
        write_video(folder / "calibration" / f"calib-cam{name}.mkv", number + 4)


def _numbers_agree(folder: Path) -> None:
    write_calibration(folder, ("cam_1", "cam_2", "cam_3"))
    for number in range(3):
        write_video(folder / f"20240131_mouse_{number + 1}.mkv", number)


LAYOUTS: dict[str, Layout] = {
    "flat": _flat_words,
    "folder a camera": _folder_a_camera,
    "dannce": _dannce,
    "lab": _lab,
    "anipose": _anipose,
    "numbers": _numbers_agree,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str, tmp_path: Path) -> None:
    LAYOUTS[layout](tmp_path)
    dataset = open_dataset(tmp_path)
    assert shown(dataset, 5) == [level(camera, 5) for camera in range(3)]
    assert codes(dataset) == set()


def test_files_that_count_from_zero_are_taken_in_order_and_it_is_said(tmp_path: Path) -> None:
    write_calibration(tmp_path, ("cam_1", "cam_2", "cam_3"))
    for number in range(3):
        write_video(tmp_path / f"cam{number}.mkv", number)
    dataset = open_dataset(tmp_path)
    assert shown(dataset, 5) == [level(camera, 5) for camera in range(3)]
    assert codes(dataset) == {"session-videos-guessed"}


def test_a_camera_without_video_has_no_source_and_is_named(flat: Path) -> None:
    (flat / "camB.mkv").unlink()
    dataset = open_dataset(flat)
    assert shown(dataset, 4) == [level(0, 4), None, level(2, 4)]
    (finding,) = dataset.problems
    assert (finding.code, finding.camera) == ("session-camera-without-video", "camB")


def test_a_broken_video_loses_its_view_alone(flat: Path) -> None:
    (flat / "camB.mkv").write_bytes(b"no video")
    dataset = open_dataset(flat)
    assert shown(dataset, 4) == [level(0, 4), None, level(2, 4)]
    (finding,) = dataset.problems
    assert (finding.code, finding.camera) == ("session-video-unusable", "camB")
    assert finding.place == str(flat / "camB.mkv")


def test_one_video_opens_its_session(tmp_path: Path) -> None:
    _folder_a_camera(tmp_path)
    dataset = open_dataset(tmp_path / "mid" / "minimal_mid.mkv")
    assert shown(dataset, 2) == [level(camera, 2) for camera in range(3)]
    assert dataset.path == tmp_path
    assert shown(open_dataset(tmp_path / "mid"), 2) == [level(camera, 2) for camera in range(3)]


def test_a_folder_of_videos_beside_its_calibration(tmp_path: Path) -> None:
    _lab(tmp_path)
    dataset = open_dataset(tmp_path / "videos_undist")
    assert dataset.session is not None
    assert dataset.session.root == tmp_path
    assert all(view.masks is not None for view in dataset.session.views)
    assert any(str(tmp_path / "calibration.toml") in note for note in dataset.session.assumptions)


def test_several_calibrations_further_up_are_no_concern(tmp_path: Path) -> None:
    for name in ("old.yml", "new.yml"):
        write_rig(rig_of(NAMES), tmp_path / name, "opencv")
    for number, name in enumerate(NAMES):
        write_video(tmp_path / "session" / f"{name}.mkv", number)
    with pytest.raises(FileFormatError, match="no calibration"):
        open_dataset(tmp_path / "session")


def test_a_calibration_in_a_place_too_large_to_look_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_calibration(tmp_path / "calibration", NAMES)
    for number, name in enumerate(NAMES):
        write_video(tmp_path / "monday" / f"{name}.mkv", number)
    monkeypatch.setattr("mouseview.formats.sessions.files._MAX_FOLDERS", 1)
    dataset = open_dataset(tmp_path / "monday")
    assert shown(dataset, 3) == [level(number, 3) for number in range(len(NAMES))]


def test_several_recordings(tmp_path: Path) -> None:
    write_calibration(tmp_path, ("A", "B"))
    for trial in range(2):
        for number, name in enumerate("AB"):
            write_video(tmp_path / "videos-raw" / f"vid{trial + 1}-cam{name}.mkv", 2 * trial + number)
    dataset = open_dataset(tmp_path)
    assert shown(dataset, 3) == [level(0, 3), level(1, 3)]
    assert codes(dataset) == {"session-several-recordings"}
    second = open_dataset(tmp_path / "videos-raw" / "vid2-camB.mkv")
    assert shown(second, 3) == [level(2, 3), level(3, 3)]
    assert second.session is not None
    # decisions belong to one recording
    save_settings(second.session, second.session.settings.replace(stride=5))
    assert len(open_dataset(tmp_path / "videos-raw" / "vid2-camA.mkv")) == 3
    assert len(open_dataset(tmp_path)) == FRAMES
    again = read_session(second.session.root, second.session.settings)
    assert [view.video for view in again.views] == [view.video for view in second.session.views]


def test_raw_and_undistorted_videos_side_by_side(tmp_path: Path) -> None:
    write_calibration(tmp_path, ("0", "1"), lens=True)
    for number in range(2):
        write_video(tmp_path / "videos_raw" / f"{number}.mkv", number)
        write_video(tmp_path / "videos_undist" / f"{number}.mkv", number + 3)
    dataset = open_dataset(tmp_path)
    assert shown(dataset, 0) == [level(3, 0), level(4, 0)]
    assert codes(dataset) == {"session-several-recordings", "session-undistorted-unclear"}
    raw = open_dataset(tmp_path / "videos_raw")
    assert shown(raw, 0) == [level(0, 0), level(1, 0)]
    assert codes(raw) == set()


@pytest.mark.parametrize("suffix", ["", "_mask"])
def test_masks_from_videos_and_images(flat: Path, suffix: str) -> None:
    write_mask_video(flat / "masks" / f"camA{suffix}.mkv")
    write_mask_images(flat / "masks" / "camB", range(FRAMES))
    write_mask_images(flat / "masks" / "camC", [3, 9])
    dataset = open_dataset(flat)
    sample = dataset[3]
    for index in range(3):
        source = sample.sources[index]
        assert source is not None
        assert source.has_mask
        assert source.mask_path is not None
        assert np.array_equal(sample.image(index)[..., 3] == 255, mask_of(3))
    sparse = dataset[4].sources[2]  # no mask was drawn for this frame
    assert sparse is not None
    assert not sparse.has_mask
    assert np.all(sparse.load()[..., 3] == 255)


@pytest.mark.parametrize("first", [0, 1])
def test_mask_images_are_numbered_as_the_frames_or_from_one(flat: Path, first: int) -> None:
    for name in NAMES:
        write_mask_images(flat / "seg" / name, range(first, FRAMES + first))
    image = open_dataset(flat)[4].image(1)
    assert np.array_equal(image[..., 3] == 255, mask_of(4 + first))


def test_drafts_beside_images_are_no_recording(tmp_path: Path) -> None:
    write_calibration(tmp_path, NAMES)
    for number, name in enumerate(NAMES):
        write_images(tmp_path / "images" / name, number, range(5))
        write_mask_images(tmp_path / "images" / "drafts.mouseview" / name, range(5))
    dataset = open_dataset(tmp_path)
    assert shown(dataset, 2) == [level(camera, 2) for camera in range(3)]
    assert codes(dataset) == set()


def test_masks_of_numbered_images_have_their_numbers(tmp_path: Path) -> None:
    write_calibration(tmp_path, NAMES)
    for number, name in enumerate(NAMES):
        write_images(tmp_path / "images" / name, number, range(1, 6))
        write_mask_images(tmp_path / "masks" / name, range(1, 6))
    sample = open_dataset(tmp_path)[2]
    assert np.array_equal(sample.image(0)[..., 3] == 255, mask_of(3))
    assert sample.image(0)[0, 0, 0] == level(0, 3)


def test_mask_videos_beside_their_videos(flat: Path) -> None:
    for name in NAMES:
        write_mask_video(flat / f"{name}_mask.mkv")
    dataset = open_dataset(flat)
    assert codes(dataset) == set()
    assert dataset.session is not None
    assert all(np.array_equal(image[..., 3] == 255, mask_of(6)) for image in dataset[6].images())


def test_the_mask_threshold_is_a_decision(flat: Path) -> None:
    for name in NAMES:
        write_mask_video(flat / f"{name}_mask.mkv", subject=120)
    assert not open_dataset(flat)[2].image(0)[..., 3].any()
    session = read_session(flat, SessionSettings(mask_threshold=100))
    assert np.array_equal(session_dataset(session)[2].image(0)[..., 3] == 255, mask_of(2))
    assert session_dataset(read_session(flat, SessionSettings(mask_threshold=50)))[2].image(0)[..., 3].all()


def test_masks_of_another_size_are_refused(flat: Path) -> None:
    for number, name in enumerate(NAMES):
        write_video(flat / "masks" / f"{name}.mkv", number, size=(32, 32))
    with pytest.raises(FileFormatError, match="mask is 32×32 px"):
        open_dataset(flat)[0].image(0)


def test_image_folders_are_a_session_too(tmp_path: Path) -> None:
    write_calibration(tmp_path, NAMES)
    numbers = [100, 101, 102, 104, 105]  # 103 was lost by the second camera alone
    for number, name in enumerate(NAMES):
        own = range(100, 106) if name != "camB" else numbers
        folder = tmp_path / "images" / name
        write_images(folder, number, [n - 100 for n in own])
        for file in sorted(folder.iterdir(), reverse=True):
            file.rename(folder / f"img_{int(file.stem) + 100}.png")
    dataset = open_dataset(tmp_path)
    assert dataset.session is not None
    assert len(dataset) == 6
    assert shown(dataset, 2) == [level(camera, 2) for camera in range(3)]
    assert shown(dataset, 3) == [level(0, 3), None, level(2, 3)]
    assert shown(dataset, 4) == [level(camera, 4) for camera in range(3)]
    assert dataset.session.view("camB").missing == (3,)


def test_offsets_move_one_camera(flat: Path) -> None:
    session = read_session(flat, SessionSettings(offsets={"camB": 3, "camC": -2}))
    assert (session.start, session.stop) == (2, FRAMES - 3)
    dataset = session_dataset(session)
    assert dataset.names[0] == "frame_000002"
    assert shown(dataset, 1) == [level(0, 3), level(1, 6), level(2, 1)]
    wide = session_dataset(read_session(flat, SessionSettings(offsets={"camB": 3}, start=8, stop=12)))
    assert shown(wide, 2) == [level(0, 10), None, level(2, 10)]


def test_ranges_that_files_ask_for_stay_within_the_videos(flat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = SessionSettings(start=-(10**9), stop=10**9, offsets={"camB": 2})
    dataset = session_dataset(read_session(flat, asked))
    assert (dataset.names[0], dataset.names[-1]) == ("frame_-00002", f"frame_{FRAMES - 1:06d}")
    assert shown(dataset, 0) == [None, level(1, 0), None]
    monkeypatch.setattr("mouseview.formats.sessions.build.MAX_SAMPLES", 5)
    cut = open_dataset(flat)
    assert len(cut) == 5
    assert codes(cut) == {"session-too-long"}


@pytest.mark.parametrize(
    "called", [lambda frame: 10 * frame, lambda frame: 1_700_000_000_000_000 + 33_367 * frame + (frame == 2)]
)
def test_images_called_by_every_tenth_frame_or_by_time(tmp_path: Path, called: Callable[[int], int]) -> None:
    write_calibration(tmp_path, NAMES)
    for number, name in enumerate(NAMES):
        write_images(tmp_path / "images" / name, number, range(4))
        for file in sorted((tmp_path / "images" / name).iterdir(), reverse=True):
            file.rename(file.with_name(f"{called(int(file.stem))}.png"))
    dataset = open_dataset(tmp_path)
    assert len(dataset) == 4
    assert shown(dataset, 2) == [level(camera, 2) for camera in range(3)]


def test_range_and_stride(flat: Path) -> None:
    dataset = session_dataset(read_session(flat, SessionSettings(start=2, stop=11, stride=4)))
    assert dataset.names == ("frame_000002", "frame_000006", "frame_000010")
    assert shown(dataset, -1) == [level(camera, 10) for camera in range(3)]


def test_settings_are_saved_and_followed(flat: Path) -> None:
    session = read_session(flat)
    settings = SessionSettings(
        videos={"camA": "camB.mkv", "camB": "camA.mkv", "camC": None},
        offsets={"camA": 1},
        start=1,
        stop=9,
        stride=2,
        undistorted=True,
        mask_threshold=99,
    )
    save_settings(session, settings)
    dataset = open_dataset(flat)
    assert dataset.session is not None
    assert dataset.session.settings == settings
    assert shown(dataset, 1) == [level(1, 4), level(0, 3), None]
    assert "session-camera-without-video" not in codes(dataset)  # this is what a person wanted


def test_undistorted_videos_drop_the_lens_and_say_so(tmp_path: Path) -> None:
    write_calibration(tmp_path, NAMES, lens=True)
    for number, name in enumerate(NAMES):
        write_video(tmp_path / f"{name}.mkv", number)
    raw = read_session(tmp_path)
    assert not any(camera.is_pinhole for camera in session_dataset(raw)[0].rig)
    session = read_session(tmp_path, SessionSettings(undistorted=True))
    sample = session_dataset(session)[0]
    assert all(camera.is_pinhole for camera in sample.rig)
    assert all(np.array_equal(camera.K, session.rig[camera.name].K) for camera in sample.rig)
    assert any("the lens of camA, camB, camC is dropped" in text for text in sample.rig.assumptions)
    assert not any(camera.is_pinhole for camera in session.rig)  # the declared rig stays as declared


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (SessionSettings(videos={"nobody": "camA.mkv"}), "does not have"),
        (SessionSettings(videos={"camA": "../camA.mkv"}), "climbs out"),
        (SessionSettings(masks={"camA": "/etc/passwd"}), "is absolute"),
        (SessionSettings(recording="another"), "no recording 'another'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(flat: Path, settings: SessionSettings, said: str) -> None:
    with pytest.raises(FileFormatError, match=said) as caught:
        read_session(flat, settings)
    assert caught.value.place
    assert caught.value.remedy


def test_sizes_lengths_and_ranges_that_disagree_are_findings(tmp_path: Path) -> None:
    write_calibration(tmp_path, NAMES)
    write_video(tmp_path / "camA.mkv", 0)
    write_video(tmp_path / "camB.mkv", 1, frames=5)
    write_video(tmp_path / "camC.mkv", 2, size=(48, 40))
    dataset = open_dataset(tmp_path)
    assert codes(dataset) == {"session-lengths-differ", "session-image-size"}
    assert len(dataset) == 5
    apart = session_dataset(read_session(tmp_path, SessionSettings(offsets={"camB": 100})))
    assert "session-no-common-frames" in codes(apart)


def test_no_calibration_or_several(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er" / "videos"
    for number, name in enumerate(NAMES):
        write_video(folder / f"{name}.mkv", number)
    with pytest.raises(FileFormatError, match="no calibration") as caught:
        open_dataset(folder)
    assert "calibration/" in caught.value.remedy
    for name in ("old.yml", "new.yml"):
        write_rig(rig_of(NAMES), folder / name, "opencv")
    with pytest.raises(FileFormatError, match=r"2 calibrations: new.yml, old.yml"):
        open_dataset(folder)


def test_a_folder_of_sessions_names_them(tmp_path: Path) -> None:
    for name in ("monday", "tuesday"):
        _folder_a_camera(tmp_path / name)
    with pytest.raises(FileFormatError, match=r"2 sessions .* monday, tuesday") as caught:
        open_dataset(tmp_path)
    assert "open one" in caught.value.remedy


def test_folders_without_videos_are_no_sessions(tmp_path: Path) -> None:
    write_calibration(tmp_path, NAMES)
    assert not find_session(tmp_path)
    write_mask_video(tmp_path / "masks" / "camA.mkv")
    assert not find_session(tmp_path)
    assert open_dataset(tmp_path).session is None


def test_the_sleap_session_opens_as_120_samples_of_four_views() -> None:
    dataset = open_dataset(shared_path("data/sleap_anipose_minimal_session"))
    assert len(dataset) == 120
    assert dataset[0].rig.names == ("back", "mid", "side", "top")
    assert all(source is not None for source in dataset[119].sources)
    assert [image.shape for image in dataset[60].images()] == [(1024, 1280, 4)] * 4
    assert not dataset.problems


def test_a_saved_correction_exchanges_videos_and_a_decision_comes_before_it(flat: Path) -> None:
    home = calibration_home(read_session(flat).rig)
    assert home is not None
    save_correction(home, Correction(images_of=(("camA", "camB"), ("camB", "camA"))))
    assert shown(open_dataset(flat), 4) == [level(1, 4), level(0, 4), level(2, 4)]
    assert shown(open_dataset(flat, corrected=False), 4) == [level(camera, 4) for camera in range(3)]
    decided = SessionSettings(videos={"camA": "camA.mkv", "camB": "camB.mkv"})
    assert shown(session_dataset(read_session(flat, decided)), 4) == [level(camera, 4) for camera in range(3)]
