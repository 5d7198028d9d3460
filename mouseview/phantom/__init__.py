"""The procedural mouse: test fixture, training data and demo at once."""

from mouseview.phantom.coats import Coat
from mouseview.phantom.mouse import Mouse, make_mouse

__all__ = ["Coat", "Mouse", "make_mouse"]
