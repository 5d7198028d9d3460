"""What is written: FaceLift's layout, its ledger, and the bytes of views that were only copied."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mouseview.formats import open_dataset
from mouseview.formats.images import read_image
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import Mode, Recipe
from mouseview.normalise.export import straight_alpha, write_prepared
from mouseview.normalise.prepare import prepare
from tests.rigs import mouse_ring
from tests.scene import photographed
from tests.shared_data import shared_path


def test_written_sample_reads_back(tmp_path: Path) -> None:
    prepared = prepare(photographed(mouse_ring((288, 256))), Recipe(model="mouse-256"))
    write_prepared(prepared, tmp_path / "sample")
    again = open_dataset(tmp_path / "sample")[0]
    for mine, theirs in zip(prepared.rig, again.rig, strict=True):
        np.testing.assert_allclose(mine.K, theirs.K, atol=1e-12)
        np.testing.assert_allclose(mine.T_cam_world, theirs.T_cam_world, atol=1e-12)
    for image, stored in zip(prepared.images, again.images(), strict=True):
        straight = stored.astype(np.float64) / 255
        white = straight[..., :3] * straight[..., 3:] + 1 - straight[..., 3:]
        assert np.abs(white - image[..., :3]).max() < 1.01 / 255
        assert np.abs(straight[..., 3] - image[..., 3]).max() < 0.51 / 255
    assert np.all(again.image(0)[again.image(0)[..., 3] == 0] == (255, 255, 255, 0))


def test_ledger_is_json_with_the_chain(tmp_path: Path) -> None:
    prepared = prepare(photographed(mouse_ring((288, 256))), Recipe(mode=Mode.FORCED_K, model="mouse-256"))
    write_prepared(prepared, tmp_path)
    document = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    assert document["truth"] == "false"
    assert document["mode"] == "forced-k"
    steps = [step["step"] for step in document["chain"]]
    assert steps == ["similarity"] + ["view"] * 6
    assert {row["view"] for row in document["rows"]} == {"", *prepared.rig.names}
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    prepared = prepare(photographed(mouse_ring((288, 256))), Recipe(model="mouse-256"))
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(MouseViewError) as caught:
        write_prepared(prepared, tmp_path / "taken")
    assert "taken" in caught.value.place
    assert (tmp_path / "taken").read_text() == "mine"


def test_conforming_images_keep_their_bytes(tmp_path: Path) -> None:
    folder = shared_path("data/facelift_sample")
    sample = open_dataset(folder)[0]
    write_prepared(prepare(sample, Recipe()), tmp_path / "again")
    for index, source in enumerate(sample.sources):
        assert source is not None
        assert source.path is not None
        written = tmp_path / "again" / "images" / f"cam_{index:03d}.png"
        assert written.read_bytes() == source.path.read_bytes()
        np.testing.assert_array_equal(read_image(written), sample.image(index))


def test_sixteen_bit_sources_give_sixteen_bit_images(tmp_path: Path) -> None:
    prepared = prepare(photographed(mouse_ring((288, 256)), dtype=np.uint16), Recipe(model="mouse-256"))
    write_prepared(prepared, tmp_path / "sample")
    for image, stored in zip(prepared.images, open_dataset(tmp_path / "sample")[0].images(), strict=True):
        assert stored.dtype == np.uint16
        straight = stored.astype(np.float64) / 65535
        white = straight[..., :3] * straight[..., 3:] + 1 - straight[..., 3:]
        seen = image[..., 3] > 0.01
        assert np.abs(white - image[..., :3])[seen].max() < 1.5 / 65535


def test_straight_alpha_is_white_where_nothing_is() -> None:
    image = np.array([[[1, 1, 1, 0], [0.9, 1, 0.96, 0.1], [0.2, 0.4, 0.6, 1], [1, 0.99, 1, 0.001]]], np.float32)
    np.testing.assert_array_equal(
        straight_alpha(image),
        [[[255, 255, 255, 0], [0, 255, 153, 26], [51, 102, 153, 255], [255, 255, 255, 0]]],
    )
    assert straight_alpha(image, 16)[0, 2].tolist() == [13107, 26214, 39321, 65535]
