"""Files in and out: one module per camera format, images, sample folders and lists.

The only room that knows a file's axes, units, transposes and pixel origin. Every file is taken for hostile: its size
is bounded before it is read, nothing in it is executed, and paths in it cannot leave its folder. Writes are atomic.
"""

from mouseview.formats.dataset import open_dataset
from mouseview.formats.labels import read_labels
from mouseview.formats.registry import read_rig, write_rig

__all__ = ["open_dataset", "read_labels", "read_rig", "write_rig"]
