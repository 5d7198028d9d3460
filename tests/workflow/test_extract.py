"""Extraction: the written samples open again with the same pixels, cameras and labels; ranges, views and resuming."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mouseview.formats import open_dataset
from mouseview.formats.images import image_size
from mouseview.jobs import Processes, read_state
from mouseview.model.errors import MouseViewError
from mouseview.model.sample import Sample
from mouseview.model.session import SessionSettings
from mouseview.workflow.extract import LIST_FILE, Extraction, extract_dataset
from tests.workflow.session_on_disk import write_session

pytestmark = pytest.mark.alone

COUNT = 24


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("session") / "day1"
    write_session(folder, COUNT)
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_same(written: Sample, source: Sample, views: tuple[str, ...] | None = None) -> None:
    views = views or source.rig.names
    assert written.rig.names == views
    assert written.rig.units == source.rig.units
    for name in views:
        ours, theirs = written.rig[name], source.rig[name]
        assert ours.size == theirs.size
        np.testing.assert_array_equal(ours.K, theirs.K)
        np.testing.assert_array_equal(ours.distortion, theirs.distortion)
        np.testing.assert_array_equal(ours.T_cam_world, theirs.T_cam_world)
        place = source.rig.names.index(name)
        np.testing.assert_array_equal(written.image(views.index(name)), source.image(place))
        assert written.sources[views.index(name)].has_mask == source.sources[place].has_mask  # type: ignore[union-attr]


def test_frames_open_again_as_they_were(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    document = extract_dataset(session, out, Extraction(stride=5))
    assert document["failed"] == []
    assert [sample["frame"] for sample in document["samples"]] == [0, 5, 10, 15, 20]
    source = open_dataset(session)
    for opened in (open_dataset(out), open_dataset(out / LIST_FILE)):
        assert opened.names == tuple(f"frame_{number:06d}" for number in (0, 5, 10, 15, 20))
        assert not opened.problems
        for sample, number in zip(opened, (0, 5, 10, 15, 20), strict=True):
            assert_same(sample, source[number])
            truth = source[number].labels
            assert sample.labels is not None
            assert truth is not None
            assert truth.points_px is not None
            assert sample.labels.points_px is not None
            np.testing.assert_array_equal(sample.labels.points_px, truth.points_px)
            assert (sample.labels.names, sample.labels.frames) == (truth.names, truth.frames)
    assert json.loads((out / "extracted.json").read_text("utf-8")) == document


@pytest.mark.parametrize(
    ("extraction", "frames"),
    [
        (Extraction(start=3, stop=6), [3, 4, 5]),
        (Extraction(start=20), [20, 21, 22, 23]),
        (Extraction(start=2, stop=12, stride=4), [2, 6, 10]),
        (Extraction(session=SessionSettings(start=7, stop=9)), [7, 8]),
        (Extraction(start=-5, stop=5, stride=3), [1, 4]),
        (Extraction(start=22, stop=1000), [22, 23]),
        (Extraction(start=8, session=SessionSettings(start=7, stop=9)), [8]),
    ],
)
def test_ranges_are_of_session_frames(session: Path, tmp_path: Path, extraction: Extraction, frames: list[int]) -> None:
    document = extract_dataset(session, tmp_path / "out", extraction)
    assert [sample["frame"] for sample in document["samples"]] == frames
    assert_same(open_dataset(tmp_path / "out")[0], open_dataset(session)[frames[0]])


def test_an_offset_moves_one_camera(session: Path, tmp_path: Path) -> None:
    source = open_dataset(session)
    names = source[0].rig.names
    extract_dataset(session, tmp_path / "out", Extraction(start=4, stop=5, offsets=((names[1], 3),)))
    written = open_dataset(tmp_path / "out")[0]
    for place, number in enumerate((4, 7, 4)):
        np.testing.assert_array_equal(written.image(place), source[number].image(place))


def test_views_and_masks_are_chosen(session: Path, tmp_path: Path) -> None:
    source = open_dataset(session)
    views = source[0].rig.names[:0:-1]
    extract_dataset(session, tmp_path / "out", Extraction(stop=2, views=views))
    assert_same(open_dataset(tmp_path / "out")[1], source[1], views)
    extract_dataset(session, tmp_path / "bare", Extraction(stop=1, masks=False))
    bare = open_dataset(tmp_path / "bare")[0]
    assert not any(view is not None and view.has_mask for view in bare.sources)
    np.testing.assert_array_equal(bare.image(0)[..., :3], source[0].image(0)[..., :3])
    assert bare.image(0)[..., 3].min() == 255


def test_images_are_extracted_too(samples: Path, tmp_path: Path) -> None:
    document = extract_dataset(samples, tmp_path / "out", Extraction(start=1))
    assert [sample["name"] for sample in document["samples"]] == ["sample_000001", "sample_000002"]
    assert_same(open_dataset(tmp_path / "out")[0], open_dataset(samples)[1])


def test_a_camera_without_a_frame_is_left_out_by_name(session: Path, tmp_path: Path) -> None:
    names = open_dataset(session)[0].rig.names
    decisions = SessionSettings(offsets={names[2]: -5}, start=3, stop=6)
    document = extract_dataset(session, tmp_path / "out", Extraction(session=decisions))
    assert [sample["left_out"] for sample in document["samples"]] == [[names[2]], [names[2]], []]
    opened = open_dataset(tmp_path / "out")
    assert [sample.rig.names for sample in opened] == [names[:2], names[:2], names]


@pytest.mark.parametrize(
    ("extraction", "message"),
    [
        (Extraction(start=500), "no sample"),
        (Extraction(views=("nobody",)), "nobody"),
        (Extraction(offsets=(("nobody", 1),)), "nobody"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_written(
    session: Path, tmp_path: Path, extraction: Extraction, message: str
) -> None:
    with pytest.raises(MouseViewError, match=message) as caught:
        extract_dataset(session, tmp_path / "out", extraction)
    assert caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_images_have_no_offsets(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(MouseViewError, match="offsets"):
        extract_dataset(samples, tmp_path / "out", Extraction(offsets=(("cam0", 1),)))


def test_sources_and_samples_of_others_are_left_alone(session: Path, samples: Path, tmp_path: Path) -> None:
    before = digests(session)
    with pytest.raises(MouseViewError, match="inside the source"):
        extract_dataset(session, session / "out")
    others = Path(shutil.copytree(samples, tmp_path / "others"))
    kept = digests(others)
    with pytest.raises(MouseViewError, match="not written by an extraction"):
        extract_dataset(samples, others, Extraction())
    assert digests(others) == kept
    assert digests(session) == before


def test_resuming_does_what_is_missing_or_has_changed(session: Path, tmp_path: Path) -> None:
    copy, out = Path(shutil.copytree(session, tmp_path / "copy")), tmp_path / "out"
    extract_dataset(copy, out, Extraction(stop=6, stride=2))
    (out / "frame_000002" / "images").joinpath(next(iter(os.listdir(out / "frame_000002" / "images")))).unlink()
    document = extract_dataset(copy, out, Extraction(stop=6), resume=True)
    assert document["resumed"] == 2
    assert [sample["frame"] for sample in document["samples"] if sample["skipped"]] == [0, 4]
    assert len(open_dataset(out)) == 6
    names = open_dataset(copy)[0].rig.names
    video = copy / f"{names[0]}.mp4"
    os.utime(video, ns=(1, 1))
    assert extract_dataset(copy, out, Extraction(stop=6), resume=True)["resumed"] == 0


@pytest.mark.parametrize(
    "edit",
    [
        {"files": {"../../../../etc/passwd": 1}},
        {"files": {"\0": 1, "images": []}},
        {"files": None},
        {"frame": "x", "left_out": 3},
    ],
)
def test_a_journal_that_was_edited_is_not_believed(session: Path, tmp_path: Path, edit: dict[str, object]) -> None:
    out = tmp_path / "out"
    extract_dataset(session, out, Extraction(stop=1))
    header, line = (out / "mouseview-job.jsonl").read_bytes().splitlines()
    told = json.loads(line)
    told["result"] = {**told["result"], **edit}
    (out / "mouseview-job.jsonl").write_bytes(header + b"\n" + json.dumps(told).encode() + b"\n")
    document = extract_dataset(session, out, Extraction(stop=1), resume=True)
    assert (document["resumed"], len(document["samples"]), document["failed"]) == (0, 1, [])


def test_other_views_leave_no_image_of_before(session: Path, tmp_path: Path) -> None:
    names = open_dataset(session)[0].rig.names
    extract_dataset(session, tmp_path / "out", Extraction(stop=2))
    document = extract_dataset(session, tmp_path / "out", Extraction(stop=1, views=names[:2]), resume=True)
    assert document["resumed"] == 0
    assert {path.stem for path in (tmp_path / "out" / "frame_000000" / "images").iterdir()} == set(names[:2])
    assert "1 more samples" in document["notes"][0]
    assert (tmp_path / "out" / LIST_FILE).read_text("utf-8") == "frame_000000\n"


def test_a_frame_that_cannot_be_decoded_stays_alone(session: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(session, tmp_path / "copy"))
    names = open_dataset(copy)[0].rig.names
    masks = tmp_path / "copy" / "masks"
    for mask in masks.iterdir():
        mask.unlink()
    from mouseview.formats.images import write_png

    for name in names:
        (masks / name).mkdir()
        for number in range(COUNT):
            write_png(masks / name / f"{number:06d}.png", np.full((80, 96), 255, np.uint8))
    (masks / names[1] / "000002.png").write_bytes(b"broken")
    document = extract_dataset(copy, tmp_path / "out", Extraction(stop=4))
    (failed,) = document["failed"]
    assert failed["name"] == "frame_000002"
    assert "000002.png" in failed["error"]["place"]
    assert len(document["samples"]) == 3


_SCRIPT = """
import sys
from pathlib import Path
from mouseview.jobs import Processes
from mouseview.workflow.extract import Extraction, extract_dataset
if __name__ == "__main__":
    tell = lambda progress: print(progress.finished, flush=True)
    extract_dataset(sys.argv[1], sys.argv[2], Extraction(), Processes(2), watch=tell)
"""


def test_killed_midway_and_resumed_leaves_the_same_bytes(session: Path, tmp_path: Path) -> None:
    out, script = tmp_path / "out", tmp_path / "script.py"
    script.write_text(_SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), str(session), str(out)]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if int(line) >= 5:
                running.send_signal(signal.SIGKILL)
                break
    state = read_state(out)
    assert state is not None
    assert 5 <= state.done < COUNT
    assert state.settings["source"] == str(session)
    document = extract_dataset(session, out, Extraction(), Processes(2), resume=True)
    assert document["resumed"] == state.done
    extract_dataset(session, tmp_path / "fresh", Extraction())
    ours, theirs = digests(out), digests(tmp_path / "fresh")
    for told in (ours, theirs):
        del told["extracted.json"]  # it names the folder and what was resumed
    assert ours == theirs


def test_images_without_masks_have_no_alpha(tmp_path: Path) -> None:
    write_session(tmp_path / "day2", 3, masks=False, keypoints=False)
    extract_dataset(tmp_path / "day2", tmp_path / "out")
    sample = open_dataset(tmp_path / "out")[2]
    assert_same(sample, open_dataset(tmp_path / "day2")[2])
    assert sample.labels is None
    image = next((tmp_path / "out" / "frame_000002" / "images").iterdir())
    assert image_size(image) == (96, 80)
