"""From a random pose to the parts of a mouse: spine, head, limbs, ears, tail, in mm on the arena's floor (z = 0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.phantom.surface import Array, Disc, Tube, ball, straight_tube, unit

_HIP, _SHOULDER = 0.22, 0.57  # lengthwise places on the spine, tail base 0, nose 1

# Outline of a standing mouse along the spine: place, half width, half height in mm for a body of 80 mm.
_OUTLINE = np.array(
    [
        [0.000, 1.6, 1.6], [0.012, 4.6, 4.4], [0.035, 7.6, 7.4], [0.080, 11.0, 10.8], [0.150, 13.6, 13.2],
        [0.250, 15.0, 14.6], [0.340, 15.2, 14.8], [0.450, 14.2, 13.8], [0.550, 12.2, 12.4], [0.640, 10.4, 10.9],
        [0.700, 9.7, 10.0], [0.760, 9.6, 9.5], [0.820, 8.6, 8.3], [0.880, 6.5, 6.4], [0.930, 4.6, 4.7],
        [0.965, 3.3, 3.4], [0.988, 2.3, 2.3], [1.000, 0.6, 0.6],
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Pose:
    """Angles in degrees, lengths in mm."""

    heading_deg: float
    size: float
    girth: float
    bend_deg: float
    arch_deg: float
    rear_deg: float
    head_turn_deg: float
    head_nod_deg: float
    stride: float
    stance_mm: float
    tail_mm: float
    tail_curl_deg: tuple[float, float, float]
    tail_lift_mm: float
    ear_size: float

    @classmethod
    def random(cls, rng: np.random.Generator, heading_deg: float | None = None) -> Pose:
        rears = rng.random() < 0.12
        return cls(
            heading_deg=float(rng.uniform(-180, 180)) if heading_deg is None else heading_deg,
            size=float(rng.uniform(0.92, 1.08)),
            girth=float(rng.uniform(0.88, 1.1)),
            bend_deg=float(np.clip(rng.normal(0, 26), -60, 60)),
            arch_deg=float(rng.uniform(4, 30)),
            rear_deg=float(rng.uniform(20, 50)) if rears else float(rng.uniform(-3, 6)),
            head_turn_deg=float(np.clip(rng.normal(0, 22), -50, 50)),
            head_nod_deg=float(rng.uniform(-24, 16)),
            stride=float(rng.uniform(0, 2 * np.pi)),
            stance_mm=float(rng.uniform(15.5, 18.5)),
            tail_mm=float(rng.uniform(48, 64)),
            tail_curl_deg=(float(rng.normal(0, 45)), float(rng.normal(0, 60)), float(rng.uniform(0, 2 * np.pi))),
            tail_lift_mm=float(max(0.0, rng.normal(0, 6))),
            ear_size=float(rng.uniform(0.88, 1.15)),
        )


@dataclass(frozen=True, eq=False)
class Part:
    """One surface and what covers it: ``kind`` chooses colour and fur, ``weight`` the density of points."""

    kind: str
    surface: Tube | Disc
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Anatomy:
    """parts: all surfaces; the first is the trunk with the head.  occluders (M, 4): spheres x y z r for shading.
    whiskers (W, 2, 3): root and tip."""

    parts: tuple[Part, ...]
    occluders: Array
    whiskers: Array

    @property
    def trunk(self) -> Tube:
        surface = self.parts[0].surface
        assert isinstance(surface, Tube)
        return surface


def _smoothstep(low: float, high: float, x: Array) -> Array:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _spine(pose: Pose) -> Tube:
    u = np.linspace(0.0, 1.0, 96)
    head = _smoothstep(0.60, 0.80, u)
    yaw = np.radians(pose.heading_deg + pose.bend_deg * (u - 0.35) + pose.head_turn_deg * head)
    body_pitch = pose.rear_deg * _smoothstep(0.1, 0.5, u) + pose.arch_deg * (0.9 - 2.0 * u)
    pitch = np.radians(body_pitch * (1 - head) + head * (pose.head_nod_deg + 0.35 * pose.rear_deg - 4))
    forward = np.stack([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)], axis=-1)
    left = np.stack([-np.sin(yaw), np.cos(yaw), np.zeros_like(yaw)], axis=-1)
    up = np.cross(forward, left)
    steps = np.diff(u)[:, None] * 0.5 * (forward[1:] + forward[:-1]) * 80.0 * pose.size
    centres = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    belly = pose.girth + (1.0 - pose.girth) * head  # a fat mouse has no fat head
    a = np.interp(u, _OUTLINE[:, 0], _OUTLINE[:, 1]) * pose.size * belly
    b = np.interp(u, _OUTLINE[:, 0], _OUTLINE[:, 2]) * pose.size * belly
    hip = int(np.argmin(np.abs(u - _HIP)))
    centres[:, 2] += pose.stance_mm * pose.size - centres[hip, 2]
    centres[:, 2] += max(0.0, 1.0 - float(np.min(centres[:, 2] - b)))
    return Tube(centres, left, up, a, b)


def _spine_index(trunk: Tube, place: float) -> int:
    return round(place * (len(trunk.centres) - 1))


def _paw(wrist: Array, ahead: Array, sideways: Array, length: float, width: float, toes: int) -> list[Part]:
    tip = wrist + ahead * length
    tip[2] = max(wrist[2] - 0.4, width * 0.45)
    parts = [
        Part(
            "skin", straight_tube(wrist, tip, [width * 0.7, width, width * 1.05], [width * 0.75, width * 0.5, 0.9]), 1.4
        )
    ]
    for toe in np.linspace(-1, 1, toes):
        start = tip - ahead * 0.8 + sideways * toe * width * 0.8
        end = start + unit(ahead + sideways * toe * 0.45) * length * 0.42
        end[2] = max(tip[2] - 0.7, 0.5)
        parts.append(Part("skin", straight_tube(start, end, [0.75, 0.65, 0.5], [0.7, 0.6, 0.45], nodes=8), 1.4))
    return parts


def _limb(trunk: Tube, pose: Pose, place: float, side: float, phase: float, hind: bool) -> list[Part]:
    index = _spine_index(trunk, place)
    s = pose.size
    left, forward = trunk.left[index], np.cross(trunk.left[index], trunk.up[index])
    ahead = unit(forward * [1.0, 1.0, 0.0])
    a, b = trunk.half_width[index], trunk.half_height[index]
    joint = (
        trunk.centres[index]
        + side * left * a * (0.62 if hind else 0.55)
        - trunk.up[index] * b * (0.25 if hind else 0.45)
    )
    reach = (11.0 if hind else 13.0) * s
    swing = np.sin(phase)
    lift = max(0.0, np.cos(phase)) * 3.0
    foot = (
        joint
        + ahead * ((5.0 if hind else 3.0) * swing + (1.0 if hind else 3.0)) * s
        + side * left * (3.5 if hind else 1.0) * s
    )
    foot[2] = max(1.4 + lift, joint[2] - reach)
    if hind:
        knee = 0.5 * (joint + foot) + ahead * 6.0 * s + side * left * 2.5 * s
        ankle = foot - ahead * 5.5 * s + np.array([0.0, 0.0, 1.8])
        upper = straight_tube(
            joint - ahead * 3 * s, knee, np.array([5.4, 7.6, 6.4, 4.0]) * s, np.array([5.6, 8.0, 6.6, 4.2]) * s
        )
        lower = straight_tube(knee, ankle, np.array([3.8, 3.4, 2.4]) * s, np.array([3.8, 3.6, 2.4]) * s)
        paw = _paw(ankle, ahead, side * left, 11.5 * s, 2.2 * s, 5)
    else:
        knee = 0.5 * (joint + foot) - ahead * 3.5 * s + side * left * 1.8 * s
        ankle = foot + np.array([0.0, 0.0, 1.4])
        upper = straight_tube(
            joint + ahead * 2 * s, knee, np.array([4.2, 5.2, 4.4, 3.2]) * s, np.array([4.6, 5.6, 4.6, 3.2]) * s
        )
        lower = straight_tube(knee, ankle, np.array([3.0, 2.6, 1.9]) * s, np.array([3.0, 2.6, 1.9]) * s)
        paw = _paw(ankle, ahead, side * left, 5.2 * s, 1.8 * s, 4)
    return [Part("limb", upper), Part("limb", lower, 1.1), *paw]


def _tail(trunk: Tube, pose: Pose) -> Tube:
    t = np.linspace(0.0, 1.0, 72)
    start = trunk.centres[1]
    forward = np.cross(trunk.left[0], trunk.up[0])
    heading = np.arctan2(-forward[1], -forward[0])
    first, second, phase = pose.tail_curl_deg
    yaw = heading + np.radians(first) * t + np.radians(second) * (np.sin(2 * np.pi * t + phase) - np.sin(phase)) * 0.5
    step = pose.tail_mm * pose.size / (len(t) - 1)
    flat = np.stack([np.cos(yaw), np.sin(yaw)], axis=-1) * step
    radius = (2.5 - 2.0 * t**0.6) * pose.size
    radius[-3:] *= [0.8, 0.5, 0.15]
    centres = np.empty((len(t), 3))
    centres[:, :2] = start[:2] + np.concatenate([np.zeros((1, 2)), np.cumsum(flat[1:], axis=0)])
    settle = np.exp(-((t * pose.tail_mm / 22.0) ** 1.6))
    centres[:, 2] = (radius + 0.2) * (1 - settle) + start[2] * settle + pose.tail_lift_mm * np.sin(np.pi * t) ** 2
    along = unit(np.asarray(np.gradient(centres, axis=0)))
    left = unit(np.cross([0.0, 0.0, 1.0], along))
    return Tube(centres, left, np.cross(along, left), radius, radius)


def _ear(trunk: Tube, pose: Pose, side: float) -> list[Part]:
    angle = np.radians(56 if side > 0 else 124)
    root = trunk.at(0.742, angle)
    index = _spine_index(trunk, 0.75)
    left, up = trunk.left[index] * side, trunk.up[index]
    forward = np.cross(trunk.left[index], trunk.up[index])
    upwards = unit(0.72 * up + 0.62 * left - 0.42 * forward)
    facing = unit(0.78 * forward + 0.62 * left + 0.1 * up)
    facing = unit(facing - (facing @ upwards) * upwards)
    across = np.cross(upwards, facing)
    width, height = 6.0 * pose.ear_size * pose.size, 7.0 * pose.ear_size * pose.size
    centre = root.xyz[0] + upwards * height * 0.72 + facing * 1.2
    return [Part("ear", Disc(centre, across, upwards, facing, width, height, 2.2, 0.7), 1.6)]


def _face(trunk: Tube, pose: Pose) -> tuple[list[Part], Array]:
    parts = []
    forward = np.cross(trunk.left[-1], trunk.up[-1])
    for side in (1.0, -1.0):
        eye = trunk.at(0.872, np.radians(38 if side > 0 else 142))
        parts.append(Part("eye", ball(eye.xyz[0] - 0.5 * eye.normal[0], 2.05 * pose.size, eye.normal[0]), 2.5))
    nose = trunk.centres[-1] - 0.5 * forward
    parts.append(Part("nose", ball(nose, 1.35 * pose.size, forward), 2.5))
    roots, tips = [], []
    for side in (1.0, -1.0):
        for k, angle in enumerate(np.radians([-30, -14, 0, 14, 30, -22, 8])):
            pad = trunk.at(0.955 - 0.012 * (k % 3), angle if side > 0 else np.pi - angle)
            bristle = unit(pad.normal[0] * 1.0 + trunk.left[-1] * side * 0.6 - forward * 0.35)
            roots.append(pad.xyz[0])
            tips.append(pad.xyz[0] + bristle * (13 + 3 * (k % 3)) * pose.size)
    return parts, np.stack([np.array(roots), np.array(tips)], axis=1)


def build(pose: Pose) -> Anatomy:
    """All parts of the mouse in this pose, standing on z = 0 about the origin."""
    trunk = _spine(pose)
    parts = [Part("trunk", trunk)]
    for place, hind in ((_HIP, True), (_SHOULDER, False)):
        for side in (1.0, -1.0):
            phase = pose.stride + (0.0 if side > 0 else np.pi) + (np.pi if hind else 0.0)
            parts += _limb(trunk, pose, place, side, phase, hind)
    limbs = [part.surface for part in parts[1:] if part.kind == "limb" and isinstance(part.surface, Tube)]
    parts += _ear(trunk, pose, 1.0) + _ear(trunk, pose, -1.0)
    face, whiskers = _face(trunk, pose)
    parts += face
    parts.append(Part("tail", _tail(trunk, pose), 1.3))
    spheres = []
    for tube, picks in [(trunk, range(8, 92, 6)), *[(limb, (3, 8, 12)) for limb in limbs]]:
        for k in picks:
            spheres.append([*tube.centres[k], 0.92 * min(tube.half_width[k], tube.half_height[k])])
    return Anatomy(tuple(parts), np.array(spheres), whiskers)
