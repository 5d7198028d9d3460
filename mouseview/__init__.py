"""MouseView: measure a multi-camera rig, normalise it exactly, run GS-LRM and judge what it returns."""

from mouseview.version import __version__

__all__ = ["__version__"]
