"""Hundreds of thousands of damaged files, by hand: ``python -m tests.formats.fuzz --cases 200000 [--only sidecars]``.

Cameras, keypoints, sidecars and whole sessions. Every case must open, or raise an error meant for users, within
bounded time and memory. Exits 1 at the first that does not, and leaves its file; one that never ends is ended with a
traceback.
"""

from __future__ import annotations

import argparse
import collections
import faulthandler
import itertools
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from mouseview.formats import open_dataset, write_rig
from mouseview.formats.correction_file import home_of, save_correction
from mouseview.formats.registry import by_name
from mouseview.formats.sessions.settings import read_settings, write_settings
from mouseview.model.correction import Correction
from mouseview.model.errors import MouseViewError
from mouseview.model.session import SessionSettings
from tests.formats.builders import ring_rig
from tests.formats.keypoint_files import sleap_analysis
from tests.formats.mutate import mutants
from tests.formats.session_folders import write_calibration, write_video
from tests.formats.test_keypoints_hostile import WRITERS as KEYPOINT_WRITERS
from tests.formats.test_keypoints_hostile import read_all
from tests.formats.test_mutations import FOLDER_FILES, WRITERS, open_all, write_calibration_folder

MAX_SECONDS = 5.0
ENDLESS_SECONDS = 120.0
MAX_GROWTH_BYTES = 2 << 30
BATCH = 500
SWAPPED = (("cam_000", "cam_001"), ("cam_001", "cam_000"))


Kind = tuple[Path, bytes, Callable[[], object]]
"""The file to damage, its content, and how to use it."""


def cameras(root: Path) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for name, writer in WRITERS.items():
        damaged, whole = _written(root, name, writer)
        kinds[name] = (damaged, whole, partial(open_all, damaged))
    for format, file in FOLDER_FILES:
        folder = root / f"{format}-{file}"
        write_calibration_folder(folder, format)
        kinds[f"{format}/{file}"] = (folder / file, (folder / file).read_bytes(), partial(open_all, folder))
    return kinds


def keypoints(root: Path) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for name, writer in KEYPOINT_WRITERS.items():
        damaged, whole = _written(root, f"points-{name}", writer)
        kinds[name] = (damaged, whole, partial(read_all, damaged))
    return kinds


def sidecars(root: Path) -> dict[str, Kind]:
    """Decisions beside a calibration and a session, and what they lead to."""
    calibration = root / "corrected" / "calibration.toml"
    calibration.parent.mkdir()
    write_rig(ring_rig(3), calibration, "anipose")
    correction = Correction(
        transpose_R=True, K_size=(48, 40), label_shift_px=0.5, scale=10.0, units="mm", images_of=SWAPPED
    )
    saved = save_correction(home_of(calibration, by_name("anipose")), correction)
    settings = SessionSettings(
        videos={"a": "a.mp4", "b": None}, masks={"a": "masks/a"}, offsets={"a": 3, "b": -2}, start=2, stop=9
    )
    folder = root / "settled"
    folder.mkdir()
    decided = write_settings(folder, settings)
    return {
        "correction": (saved, saved.read_bytes(), partial(open_all, calibration)),
        "settings": (decided, decided.read_bytes(), partial(read_settings, folder)),
    }


def sessions(root: Path) -> dict[str, Kind]:
    """Whole sessions of videos: one of their files is damaged, the first frame is asked for with all it has."""
    folder = root / "session"
    names = ("left", "right", "top")
    write_calibration(folder, names)
    for number, name in enumerate(names):
        write_video(folder / name / "video.mp4", number)
        sleap_analysis(folder / name / "video.h5", np.full((1, 12, 3, 2), 20.0 + number))
    write_settings(folder, SessionSettings(offsets={"top": 1}))
    files = ("calibration.toml", "left/video.mp4", "right/video.h5", "session.mouseview.json")
    return {
        f"session/{file}": (folder / file, (folder / file).read_bytes(), partial(first_frame, folder)) for file in files
    }


def first_frame(folder: Path) -> None:
    sample = open_dataset(folder)[0]
    sample.images()
    assert sample.labels is None or np.shape(sample.labels.points_px)[:2] == (len(sample.rig), 1)


def _written(root: Path, name: str, writer: Callable[[Path], object]) -> tuple[Path, bytes]:
    """Where the damaged files go, and the whole one. What the writer leaves beside it stays out of the way."""
    folder = root / name
    folder.mkdir()
    writer(folder / name)
    content = (folder / name).read_bytes()
    (root / f"{name}.damaged").mkdir()
    return root / f"{name}.damaged" / name, content


GROUPS: dict[str, Callable[[Path], dict[str, Kind]]] = {
    "cameras": cameras,
    "keypoints": keypoints,
    "sidecars": sidecars,
    "sessions": sessions,
}


def limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MAX_GROWTH_BYTES, resource.RLIM_INFINITY))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted(GROUPS))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    root = Path(tempfile.mkdtemp(prefix="mouseview-fuzz-"))
    chosen = [arguments.only] if arguments.only else list(GROUPS)
    kinds = {name: kind for group in chosen for name, kind in GROUPS[group](root).items()}
    for damaged, whole, use in kinds.values():
        damaged.write_bytes(whole)
        use()  # what is whole must open
    limit_memory()
    counts: collections.Counter[str] = collections.Counter()
    slowest = (0.0, "")
    begin = time.monotonic()
    for seed in itertools.count(arguments.seed):
        for kind, (damaged, whole, use) in kinds.items():
            for data in mutants(whole, BATCH, seed):
                damaged.write_bytes(data)
                faulthandler.dump_traceback_later(ENDLESS_SECONDS, exit=True)
                start = time.monotonic()
                try:
                    use()
                    outcome = "opened"
                except MouseViewError as error:
                    outcome = "refused" if error.place and error.remedy else "refused without place or remedy"
                except BaseException:
                    print(f"seed {seed}, {kind}: left in {damaged}", file=sys.stderr)
                    raise
                seconds = time.monotonic() - start
                faulthandler.cancel_dump_traceback_later()
                slowest = max(slowest, (seconds, kind))
                counts[outcome] += 1
                if seconds > MAX_SECONDS or outcome.endswith("remedy"):
                    print(f"seed {seed}, {kind}: {outcome}, {seconds:.1f} s; left in {damaged}", file=sys.stderr)
                    return 1
            damaged.write_bytes(whole)  # other kinds may share its folder
            total = counts.total()
            if total >= arguments.cases or time.monotonic() - begin > arguments.seconds:
                print(f"{total} cases of {len(kinds)} kinds in {time.monotonic() - begin:.0f} s: {dict(counts)}")
                print(f"slowest {slowest[0]:.2f} s ({slowest[1]})")
                shutil.rmtree(root)
                return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
