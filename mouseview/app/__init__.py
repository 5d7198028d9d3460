"""Everything Qt: the window, its panels and the 3D scene."""
