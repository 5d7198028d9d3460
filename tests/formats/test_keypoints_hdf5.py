"""Our HDF5 reader against HDF5's own library: whatever that writes in its classic layout comes back the same."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mouseview.formats.keypoints.hdf5 import hdf5_file
from mouseview.model.errors import FileFormatError
from tests.shared_data import shared_path

NUMBERS = [f"{order}{code}" for order in "<>" for code in ("i1", "u1", "i2", "u4", "i8", "u8", "f2", "f4", "f8")]
PACKING = st.fixed_dictionaries(
    {"compression": st.sampled_from([None, "gzip"]), "shuffle": st.booleans(), "fletcher32": st.booleans()}
)


@settings(max_examples=120, deadline=None)
@given(data=st.data(), code=st.sampled_from(NUMBERS), packing=PACKING, chunked=st.booleans())
def test_arrays(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, code: str, packing: dict[str, object], chunked: bool
) -> None:
    shape = data.draw(array_shapes(min_dims=1, max_dims=4, max_side=9))
    values = data.draw(arrays(np.dtype(code), shape))
    path = tmp_path_factory.mktemp("h5") / "a.h5"
    chunks = tuple(data.draw(st.integers(1, side + 2)) for side in shape) if chunked else None
    options = {"chunks": chunks, "maxshape": (None,) * len(shape), **packing} if chunked else {}
    with h5py.File(path, "w") as file:
        file.create_dataset("group/inner/values", data=values, **options)
    with hdf5_file(path) as ours:
        found = ours.numbers("group/inner/values", len(shape))
        assert ours.names("group") == ("inner",)
    np.testing.assert_array_equal(found, values)


FIELDS = st.lists(
    st.tuples(st.sampled_from(["<f8", ">i4", "u1", "?", "S7"]), st.sampled_from([(), (3,), (2, 2)])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(fields=FIELDS, count=st.integers(0, 7), align=st.booleans(), chunked=st.booleans(), seed=st.integers(0, 9))
def test_records(
    tmp_path_factory: pytest.TempPathFactory,
    fields: list[tuple[str, tuple[int, ...]]],
    count: int,
    align: bool,
    chunked: bool,
    seed: int,
) -> None:
    named = [("plain", "<f4"), *((f"field {at}", code, sides) for at, (code, sides) in enumerate(fields))]
    values = np.zeros(count, np.dtype(named, align=align))
    rng = np.random.default_rng(seed)
    for name in values.dtype.names or ():
        base = values.dtype[name].base
        drawn = rng.integers(0, 2 if base.kind == "b" else 100, values[name].shape)
        values[name] = drawn.astype(base)
    path = tmp_path_factory.mktemp("h5") / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("rows", data=values, **({"chunks": (3,), "maxshape": (None,)} if chunked else {}))
    with hdf5_file(path) as ours:
        found = ours.records("rows", ("plain",))
    assert found.dtype.names == values.dtype.names
    for name in values.dtype.names or ():
        np.testing.assert_array_equal(found[name].astype(values.dtype[name].base), values[name])


def test_groups_of_many_members_and_values_never_written(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for number in range(400):
            file[f"many/array {number}"] = number
        file.create_dataset("unwritten", (5, 2), "f8")
        file.create_dataset("unwritten chunks", (5, 2), "f8", chunks=(2, 2))
    with hdf5_file(tmp_path / "a.h5") as ours:
        assert set(ours.names("many")) == {f"array {number}" for number in range(400)}
        assert ours.numbers("many/array 317", 0) == 317
        assert not ours.numbers("unwritten", 2).any()
        assert not ours.numbers("unwritten chunks", 2).any()
        assert "many/array 400" not in ours


def test_attributes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("group")
        group.attrs["number"] = 1.25
        group.attrs["bytes"] = np.bytes_(b"text" * 5000)
        group.attrs["text"] = "Schwanzspitze ü"
        group.attrs["list"] = [1, 2]
    with hdf5_file(tmp_path / "a.h5") as ours:
        assert ours.attribute("group", "number") == 1.25
        assert ours.attribute("group", "bytes") == b"text" * 5000
        assert ours.attribute("group", "text").decode() == "Schwanzspitze ü"
        assert ours.attribute("group", "list") is None
        assert ours.attribute("group", "absent") is None


def test_the_newer_layout_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w", libver="latest") as file:
        file["tracks"] = np.zeros(3)
    with pytest.raises(FileFormatError, match="classic layout"), hdf5_file(tmp_path / "a.h5") as ours:
        ours.names()


def test_real_files_hold_what_the_library_finds() -> None:
    folder = shared_path("data/sleap_anipose_minimal_session")
    for path in (folder / "points3d.h5", folder / "back" / "minimal_back_proofread.analysis.h5"):
        with h5py.File(path) as theirs, hdf5_file(path) as ours:
            assert set(ours.names()) == set(theirs)
            for name, dataset in theirs.items():
                if dataset.dtype.kind in "fiu":
                    np.testing.assert_array_equal(ours.numbers(name, dataset.ndim), dataset[()])
                elif dataset.dtype.kind == "S":
                    assert ours.texts(name) == tuple(text.decode() for text in dataset[()].ravel())
                else:
                    assert ours.texts(name) == (dataset[()].decode(),)
