"""Hundreds of thousands of damaged files, by hand: ``python -m tests.formats.fuzz --cases 200000``.

Every case must open, or raise an error meant for users, within bounded time and memory. Exits 1 at the first that
does not, and leaves its file.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

from mouseview.model.errors import MouseViewError
from tests.formats.mutate import mutants
from tests.formats.test_mutations import FOLDER_FILES, WRITERS, open_all, write_calibration_folder

MAX_SECONDS = 5.0
MAX_GROWTH_BYTES = 2 << 30
BATCH = 500


def originals(root: Path) -> dict[str, tuple[Path, bytes, Path]]:
    """By kind: the file to damage, its content, and what to open."""
    kinds = {}
    for name, writer in WRITERS.items():
        folder = root / name
        folder.mkdir()
        writer(folder / name)
        content = (folder / name).read_bytes()
        (root / f"{name}.damaged").mkdir()
        kinds[name] = (root / f"{name}.damaged" / name, content, root / f"{name}.damaged" / name)
    for format, file in FOLDER_FILES:
        folder = root / f"{format}-{file}"
        write_calibration_folder(folder, format)
        kinds[f"{format}/{file}"] = (folder / file, (folder / file).read_bytes(), folder)
    return kinds


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
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    root = Path(tempfile.mkdtemp(prefix="mouseview-fuzz-"))
    kinds = originals(root)
    limit_memory()
    counts: collections.Counter[str] = collections.Counter()
    slowest = (0.0, "")
    begin = time.monotonic()
    for seed in itertools.count(arguments.seed):
        for kind, (damaged, whole, opened) in kinds.items():
            for data in mutants(whole, BATCH, seed):
                damaged.write_bytes(data)
                start = time.monotonic()
                try:
                    open_all(opened)
                    outcome = "opened"
                except MouseViewError as error:
                    outcome = "refused" if error.place and error.remedy else "refused without place or remedy"
                except BaseException:
                    print(f"seed {seed}, {kind}: left in {damaged}", file=sys.stderr)
                    raise
                seconds = time.monotonic() - start
                slowest = max(slowest, (seconds, kind))
                counts[outcome] += 1
                if seconds > MAX_SECONDS or outcome.endswith("remedy"):
                    print(f"seed {seed}, {kind}: {outcome}, {seconds:.1f} s; left in {damaged}", file=sys.stderr)
                    return 1
            total = counts.total()
            if total >= arguments.cases or time.monotonic() - begin > arguments.seconds:
                print(f"{total} cases of {len(kinds)} kinds in {time.monotonic() - begin:.0f} s: {dict(counts)}")
                print(f"slowest {slowest[0]:.2f} s ({slowest[1]})")
                shutil.rmtree(root)
                return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
