"""The demo's files: true samples are true, damaged ones claim what their story says, all the same for the same seed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from mouseview.formats.dataset import open_dataset
from mouseview.model.errors import Cancelled
from mouseview.phantom.dataset import phantom_of_sample, write_demo
from mouseview.phantom.photographs import render_mask, render_view
from mouseview.phantom.rig import HELD_OUT, demo_rig


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory):
    return write_demo(tmp_path_factory.mktemp("demo"), seed=5, samples=1)


def digest(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_the_written_rig_is_the_arena_to_the_last_digit(demo) -> None:
    sample = open_dataset(demo.dataset)[0]
    assert sample.rig.units == "mm"
    assert sample.rig.names == demo_rig().names
    for read, true in zip(sample.rig, demo_rig(), strict=True):
        np.testing.assert_array_equal(read.K, true.K)
        np.testing.assert_array_equal(read.distortion, true.distortion)
        np.testing.assert_array_equal(read.T_cam_world, true.T_cam_world)


def test_photographs_are_what_the_phantom_looks_like(demo) -> None:
    sample = open_dataset(demo.dataset)[0]
    mouse = phantom_of_sample(5, 0)
    image = sample.image(2)
    np.testing.assert_array_equal(image, render_view(mouse, demo_rig()[2]))
    mask = render_mask(mouse, demo_rig()[2])
    agreement = np.mean((image[..., 3] > 127) == mask)
    assert agreement > 0.9999
    assert 0.005 < mask.mean() < 0.2


def test_held_out_cameras_differ_from_the_fed_ones() -> None:
    rig = demo_rig()
    fed = np.array([camera.centre for camera in rig if camera.name not in HELD_OUT])
    assert len(HELD_OUT) >= 2
    for name in HELD_OUT:
        assert np.linalg.norm(fed - rig[name].centre, axis=-1).min() > 50.0


def test_the_same_seed_writes_the_same_bytes(demo, tmp_path: Path) -> None:
    again = write_demo(tmp_path, seed=5, samples=1)
    assert digest(again.dataset) == digest(demo.dataset)
    for name, folder in demo.damaged.items():
        assert digest(again.damaged[name]) == digest(folder), name


def test_another_seed_is_another_mouse() -> None:
    one, other = phantom_of_sample(1, 0), phantom_of_sample(2, 0)
    assert not np.array_equal(one.gaussians.xyz[:100], other.gaussians.xyz[:100])


def damaged_sample(demo, name: str):
    return open_dataset(demo.damaged[name])[0]


def test_raw_millimetres_keep_every_ray_but_for_the_lens(demo) -> None:
    sample = damaged_sample(demo, "raw_millimetres")
    for camera in sample.rig:
        true = demo_rig()[camera.name]
        middle = np.array([[256.0, 256.0]])
        ours = camera.unproject(middle)[0]
        theirs = true.replace(distortion=np.zeros(0)).unproject((middle - [0, 28.5]) * 1152 / 512)[0]
        np.testing.assert_allclose(ours, theirs, atol=2e-3)
        np.testing.assert_allclose(camera.centre, true.centre, atol=1e-9)


def test_distance_per_view_puts_every_camera_at_the_same_distance(demo) -> None:
    rig = damaged_sample(demo, "distance_per_view").rig
    np.testing.assert_allclose(np.linalg.norm(rig.centres, axis=-1), 2.7, atol=1e-9)


def test_data_mouse_declares_the_format_over_a_crop(demo) -> None:
    rig = damaged_sample(demo, "data_mouse").rig
    for camera in rig:
        np.testing.assert_allclose(camera.fxfycxcy, [548.9937744140625, 548.9937744140625, 256, 256])
    np.testing.assert_allclose(np.linalg.norm(rig.centres, axis=-1).mean(), 2.7)


def test_pixel_based_centres_every_view_and_copies_the_cameras(demo) -> None:
    sample, forced = damaged_sample(demo, "pixel_based"), damaged_sample(demo, "data_mouse")
    for index, camera in enumerate(sample.rig):
        np.testing.assert_array_equal(camera.T_cam_world, forced.rig[index].T_cam_world)
        alpha = sample.image(index)[..., 3] / 255.0
        ys, xs = np.mgrid[:512, :512]
        offset = np.array([(alpha * xs).sum(), (alpha * ys).sum()]) / alpha.sum() - 255.5
        assert np.abs(offset).max() < 1.0
        assert abs(np.sqrt(alpha.sum()) / 512 - 0.3) < 0.01


def test_swapped_views_exchange_two_images_and_nothing_else(demo) -> None:
    swapped, true = damaged_sample(demo, "swapped_views"), open_dataset(demo.dataset)[0]
    np.testing.assert_array_equal(swapped.image(1), true.image(2))
    np.testing.assert_array_equal(swapped.image(2), true.image(1))
    np.testing.assert_array_equal(swapped.image(3), true.image(3))


def test_squashed_intrinsics_do_not_fit_their_square_pixels(demo) -> None:
    for camera in damaged_sample(demo, "squashed_frames").rig:
        np.testing.assert_allclose(camera.fy / camera.fx, 1152 / 1024, rtol=0.01)


def test_writing_can_be_cancelled(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        write_demo(tmp_path, samples=1, cancelled=lambda: True)
    assert not list(tmp_path.rglob("opencv_cameras.json"))
