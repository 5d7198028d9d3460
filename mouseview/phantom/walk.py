"""A mouse that walks: its place and pose at every moment, smooth in time and the same for the same seed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from mouseview.phantom.anatomy import Pose
from mouseview.phantom.coats import Coat
from mouseview.phantom.mouse import Mouse, make_mouse
from mouseview.phantom.surface import Array

_REACH_MM = (24.0, 20.0)  # half axes of the arena's middle that it stays in
_WAVES = np.array([0.9, 0.1])  # shares of the round and of its wobble
_STRIDE_MM = 62.0  # path of one full cycle of steps
_COUNT = 10_000  # Gaussians: fewer make silhouettes that differ by half a pixel from view to view


@dataclass(frozen=True)
class Walk:
    """Where a mouse is at a time in seconds. It strolls through the middle of the arena on a path without corners.

    seed: of the animal and its path.  speed_mm_s: of its body where it is fastest (on
    average half of that); 0 is a mouse that stands still.  middle_mm:
    of the path, on the floor.  coat: drawn from the seed where none is given.
    """

    seed: int
    speed_mm_s: float = 120.0
    middle_mm: tuple[float, float] = (60.0, 55.0)
    coat: Coat | None = None

    def _waves(self) -> tuple[Array, Array]:
        """Frequencies in rad per mm of path and phases of the two axes' waves, (2, 2) each: a wobbling round."""
        rng = np.random.default_rng([0x77616C6B, self.seed])
        wobble = rng.uniform(2.1, 2.9, 2)
        turns = np.array([[1.0, wobble[0]], [1.0, wobble[1]]])
        start, way = rng.uniform(0, 2 * np.pi), rng.choice([-1.0, 1.0])
        phases = np.array([[start, 0.0], [start + way * np.pi / 2, 0.0]])
        phases[:, 1] = rng.uniform(0, 2 * np.pi, 2)
        return turns / 30.0, phases

    def place_mm(self, seconds: float) -> tuple[float, float]:
        """(x, y) on the floor."""
        rates, phases = self._waves()
        travelled = self.speed_mm_s * seconds
        swing = np.sin(rates * travelled + phases) @ _WAVES
        return self.middle_mm[0] + _REACH_MM[0] * float(swing[0]), self.middle_mm[1] + _REACH_MM[1] * float(swing[1])

    def heading_deg(self, seconds: float) -> float:
        """Along the path."""
        rates, phases = self._waves()
        slope = (np.cos(rates * self.speed_mm_s * seconds + phases) * rates) @ _WAVES * _REACH_MM
        return float(np.degrees(np.arctan2(slope[1], slope[0])))

    def pose(self, seconds: float) -> Pose:
        """Body, head and tail swing with the path; proportions are the animal's own."""
        own = Pose.random(np.random.default_rng([0x706F7365, self.seed]))
        travelled = self.speed_mm_s * seconds
        sway = float(np.sin(travelled / 31.0 + own.stride))
        first, second, phase = own.tail_curl_deg
        return dataclasses.replace(
            own,
            heading_deg=self.heading_deg(seconds),
            bend_deg=0.5 * own.bend_deg + 16.0 * sway,
            rear_deg=min(own.rear_deg, 6.0),
            head_turn_deg=0.5 * own.head_turn_deg + 14.0 * float(np.sin(travelled / 23.0 + 1.0)),
            head_nod_deg=own.head_nod_deg + 6.0 * float(np.sin(travelled / 17.0)),
            stride=own.stride + 2 * np.pi * travelled / _STRIDE_MM,
            tail_curl_deg=(first + 18.0 * sway, second, phase + travelled / 37.0),
        )

    def mouse(self, seconds: float, count: int = _COUNT) -> Mouse:
        """The animal at that moment, of ``count`` Gaussians."""
        return make_mouse(self.seed, self.coat, self.place_mm(seconds), count=count, pose=self.pose(seconds))
