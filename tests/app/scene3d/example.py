"""A small scene for tests and screenshots: six cameras with lenses in millimetres round a mouse-like heap of points."""

from __future__ import annotations

import numpy as np

from mouseview import resources
from mouseview.app.scene3d.state import SceneState, Texture
from mouseview.geometry.transforms import Array, Rigid, Similarity, look_at, rotation_between
from mouseview.model.camera import Camera, Rig
from mouseview.model.gaussians import Gaussians

CENTRE_MM = np.array([47.0, 49.0, 60.0])
SCALE = 2.7 / 311.65
LENS = np.array([-0.11, 0.14, 0.0012, -0.0008, -0.3])


def rig_mm(lens: Array = LENS) -> Rig:
    """Six cameras 300 to 335 mm from CENTRE_MM, tilted off it by 1 to 4°, with skew and off-centre principal points."""
    cameras = []
    for index in range(6):
        azimuth = np.radians(60 * index + 12 * (index % 2))
        elevation = np.radians([28, 14, 36, 20, 31, 12][index])
        distance = [304, 333, 308, 303, 313, 309][index]
        direction = [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        eye = CENTRE_MM + distance * np.array(direction)
        off = np.array([[8, -6, 4], [-10, 4, 7], [3, 9, -5], [6, 6, -9], [-7, -4, 2], [12, -15, 10]][index])
        K = np.array([[1632.0, 1.3, 560.0 + 9 * index], [0.0, 1639.0, 530.0 - 11 * index], [0.0, 0.0, 1.0]])
        pose = look_at(eye, CENTRE_MM + off)
        cameras.append(Camera(f"cam_{index}", 1152, 1024, K, lens, pose.matrix))
    return Rig(tuple(cameras), units="mm")


def similarity() -> Similarity:
    return Similarity.about(CENTRE_MM, SCALE)


def normalised(rig: Rig, model_format: str = "facelift") -> Rig:
    """Every camera turned about its centre to look at the subject, with the format's K: what exact-aimed does."""
    card = resources.model_format(model_format)
    cameras = []
    for camera in rig:
        moved = similarity().move_camera(camera.pose)
        target = moved.apply(np.zeros(3))
        turn = rotation_between(target, [0.0, 0.0, 1.0])
        pose = Rigid(turn @ moved.R, turn @ moved.t)
        cameras.append(Camera(camera.name, card.size, card.size, card.K, np.zeros(0), pose.matrix))
    return Rig(tuple(cameras), units="model")


def mouse(count: int = 12000, seed: int = 3) -> Gaussians:
    """In model units: body, head, ears, tail."""
    rng = np.random.default_rng(seed)

    def blob(n: int, centre: list[float], radii: list[float], colour: list[float]) -> tuple[Array, Array]:
        directions = rng.normal(size=(n, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        shade = 0.72 + 0.28 * directions[:, 2:] + rng.normal(scale=0.05, size=(n, 1))
        return np.array(centre) + directions * radii, np.clip(np.array(colour) * shade, 0.02, 1)

    s = np.linspace(0, 1, count // 12)
    tail = np.stack([-0.5 - 0.5 * s, 0.22 * np.sin(4 * s), -0.26 + 0.1 * s**2], axis=1)
    parts = [
        blob(count // 2, [-0.12, 0, -0.12], [0.46, 0.27, 0.25], [0.50, 0.36, 0.26]),
        blob(count // 4, [0.42, 0.05, -0.06], [0.24, 0.16, 0.15], [0.55, 0.41, 0.30]),
        blob(count // 16, [0.33, 0.18, 0.09], [0.07, 0.05, 0.09], [0.86, 0.60, 0.56]),
        blob(count // 16, [0.33, -0.08, 0.09], [0.07, 0.05, 0.09], [0.86, 0.60, 0.56]),
        blob(30, [0.66, 0.05, -0.07], [0.025, 0.025, 0.025], [0.9, 0.5, 0.5]),
        (tail, np.full((len(s), 3), [0.80, 0.58, 0.52])),
    ]
    xyz, rgb = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    n = len(xyz)
    return Gaussians(
        xyz=xyz.astype(np.float32),
        sh=((rgb - 0.5) / 0.28209479177387814).astype(np.float32)[:, None],
        scale=np.full((n, 3), 0.016, np.float32),
        rotation=np.tile(np.array([1, 0, 0, 0], np.float32), (n, 1)),
        opacity=np.full(n, 0.95, np.float32),
    )


def photograph(gaussians: Gaussians, camera: Camera, longer_side: int = 288) -> Texture:
    """The points through a camera in the model's frame, nearest last, transparent where nothing is."""
    scale = longer_side / max(camera.size)
    small = camera.resized(round(camera.width * scale), round(camera.height * scale))
    pixels, valid = small.project(gaussians.xyz)
    depth = small.pose.apply(gaussians.xyz)[:, 2]
    image = np.zeros((small.height, small.width, 4), np.uint8)
    rgb = np.clip(255 * (0.5 + 0.28209479177387814 * gaussians.sh[:, 0]), 0, 255).astype(np.uint8)
    radius = 2
    for index in np.argsort(-depth):
        if valid[index]:
            x, y = (int(v) for v in pixels[index])
            window = image[max(y - radius, 0) : max(y + radius + 1, 0), max(x - radius, 0) : max(x + radius + 1, 0)]
            window[..., :3] = rgb[index]
            window[..., 3] = 255
    return image


def example_state(**changes: object) -> SceneState:
    """Six cameras before and after, pictures on both sides; the last one held out."""
    before = rig_mm()
    after = normalised(before)
    gaussians = mouse()
    in_model = before.moved(similarity(), "model")
    state = SceneState(
        before=before,
        after=after,
        similarity=similarity(),
        textures=tuple(photograph(gaussians, camera) for camera in in_model),
        textures_after=tuple(photograph(gaussians, camera) for camera in after),
        model_format=resources.model_format("facelift"),
        selected="cam_1",
        held_out=frozenset({"cam_5"}),
        meeting_point=CENTRE_MM + np.array([2.0, -1.0, 1.5]),
        subject_centre=CENTRE_MM,
        gaussians=gaussians,
    )
    return state.replace(**changes)
