"""The widget under a real mouse and keyboard: what is clicked, what the pixels show, what happens without OpenGL."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from mouseview.app.scene3d import canvas
from mouseview.app.scene3d.canvas import as_array
from mouseview.app.scene3d.state import Layers, PickedRay, RayField, SceneState, Texture
from mouseview.app.scene3d.view import SceneView
from mouseview.geometry.transforms import Array, Similarity
from mouseview.model.gaussians import Gaussians
from tests.app.scene3d.example import example_state

WIDTH, HEIGHT = 820, 600
COLOURS = ((230, 40, 40), (40, 200, 60), (50, 80, 230), (230, 210, 40), (200, 50, 210), (40, 200, 210))
BARE = Layers(names=False, axes=False, ground=False, box=False, frusta=False)


def flat(colour: tuple[int, int, int]) -> Texture:
    return np.full((32, 36, 4), (*colour, 255), np.uint8)


@pytest.fixture(scope="module")
def example() -> SceneState:
    return example_state(gaussians=None)


@pytest.fixture
def view(hidden_view: SceneView, qtbot: QtBot, example: SceneState) -> SceneView:
    hidden_view.resize(WIDTH, HEIGHT)
    hidden_view.set_state(example)
    with qtbot.waitExposed(hidden_view):
        hidden_view.show()
    return hidden_view


def on_image(view: SceneView, name: str, uv: tuple[float, float] = (0.5, 0.5)) -> Array:
    """Where in the widget a place of a camera's image is."""
    shown = view.scene.camera(name)
    assert shown is not None
    direction = shown.camera.unproject(np.array(uv) * shown.camera.size)[0]
    point = shown.pose.apply(direction / direction[2] * view.scene.image_depth(shown))
    return view.navigator.viewpoint.project(point, (view.width(), view.height()))[:2]


def click(qtbot: QtBot, view: SceneView, place: Array, double: bool = False) -> None:
    at = QPoint(round(place[0]), round(place[1]))
    (qtbot.mouseDClick if double else qtbot.mouseClick)(view.surface, Qt.MouseButton.LeftButton, pos=at)


def pixel(picture: Texture, view: SceneView, place: Array) -> Array:
    ratio = picture.shape[1] / view.width()
    return picture[round(place[1] * ratio), round(place[0] * ratio), :3].astype(float)


def settled(qtbot: QtBot, view: SceneView) -> None:
    qtbot.waitUntil(lambda: not view.navigator.in_flight, timeout=5000)


def visible_names(view: SceneView) -> list[str]:
    """Cameras whose image centre is not covered by another image."""
    names = []
    for camera in view.scene.cameras:
        hit = view._camera_at(QPointF(*on_image(view, camera.name)))
        if hit is not None and hit.name == camera.name and hit.pixel is not None:
            names.append(camera.name)
    return names


def test_a_click_selects_the_camera_under_the_cursor(qtbot: QtBot, view: SceneView) -> None:
    names = visible_names(view)
    assert len(names) >= 4
    for name in names:
        if name == view.state.selected:
            continue
        with qtbot.waitSignal(view.camera_selected) as caught:
            click(qtbot, view, on_image(view, name))
        assert caught.args == [name]


def test_a_click_beside_everything_selects_nothing(qtbot: QtBot, view: SceneView) -> None:
    with qtbot.assertNotEmitted(view.camera_selected):
        click(qtbot, view, np.array([WIDTH - 4, HEIGHT - 4]))


def test_images_are_where_they_project_in_their_own_colours(view: SceneView, example: SceneState) -> None:
    textures = tuple(flat(colour) for colour in COLOURS)
    view.set_state(example.replace(layers=BARE, textures=textures, textures_after=textures))
    picture = view.screenshot()
    names = visible_names(view)
    assert len(names) >= 4
    for name in names:
        np.testing.assert_allclose(pixel(picture, view, on_image(view, name)), COLOURS[int(name[-1])], atol=3)


def test_the_image_is_not_mirrored_or_upside_down(view: SceneView, example: SceneState) -> None:
    quarters = np.zeros((32, 36, 4), np.uint8)
    quarters[..., 3] = 255
    quarters[:16, :18, 0] = 250
    quarters[:16, 18:, 1] = 250
    quarters[16:, :18, 2] = 250
    view.set_state(example.replace(layers=BARE, textures=(quarters,) * 6))
    picture = view.screenshot(2.0)
    name = "cam_5"
    for uv, expected in (((0.2, 0.2), (250, 0, 0)), ((0.8, 0.2), (0, 250, 0)), ((0.2, 0.8), (0, 0, 250))):
        np.testing.assert_allclose(pixel(picture, view, on_image(view, name, uv)), expected, atol=3)


def test_blend_moves_the_frusta_and_fades_the_images(view: SceneView, example: SceneState) -> None:
    red, blue = (flat((250, 0, 0)),) * 6, (flat((0, 0, 250)),) * 6
    state = example.replace(layers=BARE, textures=red, textures_after=blue)
    places, colours = [], []
    for blend in (0.0, 0.5, 1.0):
        view.set_state(state.replace(blend=blend))
        shown = view.scene.camera("cam_5")
        assert shown is not None
        surface = view.navigator.viewpoint.project(shown.surface(view.scene.depth), (WIDTH, HEIGHT))
        places.append(surface[0, 0, :2])
        colours.append(pixel(view.screenshot(), view, surface[8, 8, :2]))
    assert np.linalg.norm(places[2] - places[0]) > 5
    assert np.linalg.norm(places[1] - 0.5 * (places[0] + places[2])) < 0.3 * np.linalg.norm(places[2] - places[0])
    np.testing.assert_allclose(colours, [(250, 0, 0), (125, 0, 125), (0, 0, 250)], atol=4)


def test_a_double_click_enters_and_escape_leaves(qtbot: QtBot, view: SceneView, example: SceneState) -> None:
    textures = tuple(flat(colour) for colour in COLOURS)
    view.set_state(example.replace(layers=BARE, textures=textures))
    name = next(name for name in visible_names(view) if name != view.state.selected)
    outside = view.navigator.viewpoint.eye
    with qtbot.waitSignal(view.camera_entered) as caught:
        click(qtbot, view, on_image(view, name), double=True)
    assert caught.args == [name]
    settled(qtbot, view)
    shown = view.scene.camera(name)
    assert shown is not None
    np.testing.assert_allclose(view.navigator.viewpoint.eye, shown.centre, atol=1e-9)
    picture = view.screenshot()
    for uv in ((0.1, 0.5), (0.5, 0.5), (0.9, 0.5), (0.5, 0.8)):
        place = on_image(view, name, uv)
        np.testing.assert_allclose(pixel(picture, view, place), COLOURS[int(name[-1])], atol=3)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    settled(qtbot, view)
    np.testing.assert_allclose(view.navigator.viewpoint.eye, outside, atol=1e-9)


def test_inside_a_camera_a_click_picks_the_pixel(qtbot: QtBot, view: SceneView, example: SceneState) -> None:
    view.set_state(example.replace(textures=tuple(flat(colour) for colour in COLOURS)))
    view.enter_camera("cam_3")
    settled(qtbot, view)
    with qtbot.waitSignal(view.ray_picked) as caught:
        click(qtbot, view, on_image(view, "cam_3", (0.25, 0.6)))
    ray = caught.args[0]
    assert isinstance(ray, PickedRay)
    assert ray.camera == "cam_3"
    assert ray.pixel == pytest.approx((0.25 * 1152, 0.6 * 1024), abs=4.0)
    np.testing.assert_allclose(ray.values[:3], np.array(COLOURS[3]) / 127.5 - 1)
    np.testing.assert_allclose(ray.values[3:6], ray.direction)
    np.testing.assert_allclose(ray.values[6:9], ray.nearest_point)


def test_halfway_a_picked_pixel_still_has_the_ray_that_was_clicked(view: SceneView, example: SceneState) -> None:
    view.set_state(example.replace(blend=0.6))
    shown = view.scene.camera("cam_5")
    assert shown is not None
    vertex = shown.surface(view.scene.depth)[7, 9]
    hit = view._camera_at(QPointF(*view.navigator.viewpoint.project(vertex, (WIDTH, HEIGHT))[:2]))
    assert hit is not None
    assert hit.pixel is not None
    direction = shown.camera.rays(hit.pixel)[1]
    np.testing.assert_allclose(direction, shown.pose.rotate(shown.directions[7, 9]), atol=1e-3)


def test_a_click_on_a_ray_of_the_field_picks_it(qtbot: QtBot, view: SceneView, example: SceneState) -> None:
    view.set_state(example.replace(ray_field=RayField("cam_2", density=4, length=4.5)))
    field = view.scene.field
    assert field is not None
    tips = view.navigator.viewpoint.project(field.origin + 4.5 * field.directions, (WIDTH, HEIGHT))
    free = [i for i, tip in enumerate(tips) if view._camera_at(QPointF(*tip[:2])) is None and 5 < tip[1] < HEIGHT - 5]
    assert free
    with qtbot.waitSignal(view.ray_picked) as caught:
        click(qtbot, view, tips[free[0], :2])
    assert caught.args[0].camera == "cam_2"
    np.testing.assert_allclose(caught.args[0].pixel, field.pixels[free[0]])


def test_the_view_follows_the_subject_into_the_models_frame(view: SceneView, example: SceneState) -> None:
    rig = example.before
    assert rig is not None
    of_equal_size = Similarity.about(np.array([900.0, -300.0, 80.0]), 1.0)
    raw = SceneState(before=rig.moved(of_equal_size.inverse(), "arena"), subject_centre=None)
    view.set_state(raw)
    moved = example.replace(before=raw.before, after=None, similarity=of_equal_size)
    view.set_state(moved.replace(subject_centre=np.array([900.0, -300.0, 80.0])))
    points = view.navigator.viewpoint.project(view.scene.points(), (WIDTH, HEIGHT))[:, :2]
    assert np.all(points >= 0)
    assert np.all(points <= (WIDTH, HEIGHT))


def test_mouse_turns_moves_and_zooms_and_home_returns(qtbot: QtBot, view: SceneView) -> None:
    home = view.navigator.orbit
    centre = QPoint(WIDTH // 2, HEIGHT - 30)

    def drag(button: Qt.MouseButton, by: QPoint) -> None:
        qtbot.mousePress(view.surface, button, pos=centre)
        qtbot.mouseMove(view.surface, centre + by / 2)
        qtbot.mouseMove(view.surface, centre + by)
        qtbot.mouseRelease(view.surface, button, pos=centre + by)

    drag(Qt.MouseButton.LeftButton, QPoint(60, 20))
    turned = view.navigator.orbit
    assert turned.azimuth_deg != home.azimuth_deg
    assert turned.elevation_deg > home.elevation_deg
    assert turned.pivot == home.pivot
    drag(Qt.MouseButton.RightButton, QPoint(50, 0))
    assert view.navigator.orbit.pivot != turned.pivot
    place, none = QPointF(300, 300), QPoint()
    wheel = QWheelEvent(
        place, place, none, QPoint(0, 240), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.surface, wheel)
    assert view.navigator.orbit.distance == pytest.approx(turned.distance * 0.88**2)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    settled(qtbot, view)
    assert view.navigator.orbit == home
    qtbot.keyClick(view, Qt.Key.Key_F)
    settled(qtbot, view)
    shown = view.scene.camera(view.state.selected)
    assert shown is not None
    assert np.linalg.norm(np.asarray(view.navigator.orbit.pivot) - shown.centre) < 1.0
    assert view.navigator.orbit.distance < home.distance


def gaussians(xyz: list[list[float]], rgb: list[list[float]], scale: list[list[float]], opacity: float) -> Gaussians:
    n = len(xyz)
    sh = (np.array(rgb, np.float32)[:, None] - 0.5) / 0.28209479177387814
    return Gaussians(np.array(xyz), sh, np.array(scale), np.tile([1.0, 0, 0, 0], (n, 1)), np.full(n, opacity))


def test_the_nearer_gaussian_covers_the_farther_from_either_side(view: SceneView, example: SceneState) -> None:
    red, blue = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]
    pair = gaussians([[0.4, 0, 0], [-0.4, 0, 0]], [red, blue], [[0.05, 0.3, 0.3]] * 2, 0.9)
    bare = BARE.replace(textures=False)
    view.set_state(example.replace(layers=bare, gaussians=pair, blend=1.0, subject_centre=None, meeting_point=None))
    for azimuth, nearer in ((0.0, 0), (180.0, 2)):
        view.navigator.orbit = dataclasses.replace(view.navigator.orbit, azimuth_deg=azimuth, elevation_deg=0.0)
        colour = pixel(view.screenshot(), view, view.navigator.viewpoint.project(np.zeros(3), (WIDTH, HEIGHT))[:2])
        assert colour[nearer] > 200
        assert colour[2 - nearer] < 60


def test_faint_gaussians_do_not_darken_the_scene_and_the_rest_keeps_its_shape(
    view: SceneView, example: SceneState
) -> None:
    bare = example.replace(layers=BARE.replace(textures=False), blend=1.0, subject_centre=None, meeting_point=None)
    black = [0.0, 0.0, 0.0]
    view.set_state(bare)
    empty = view.screenshot().astype(int)[..., :3]
    view.set_state(bare.replace(gaussians=gaussians([[0.0, 0, 0]] * 50, [black] * 50, [[0.3] * 3] * 50, 0.05)))
    assert np.abs(view.screenshot()[..., :3] - empty).max() <= 2
    view.set_state(bare.replace(gaussians=gaussians([[0.0, 0, 0]], [black], [[0.02, 0.02, 0.4]], 1.0)))
    dark = (empty - view.screenshot()[..., :3]).max(axis=-1) > 100
    rows, columns = (np.ptp(np.flatnonzero(dark.any(axis=axis))) for axis in (1, 0))
    assert rows > 5 * columns > 0, "an upright rod is an upright ellipse"


def test_names_keep_clear_of_the_caption(view: SceneView, example: SceneState) -> None:
    view.set_state(example)
    view.screenshot()
    assert view._canvas is not None
    caption = view._status.geometry()
    assert any(rect.toRect() == caption for rect in view._canvas.covered)
    plain = view.screenshot()
    view.set_state(example.replace(layers=example.layers.replace(names=False)))
    nameless = view.screenshot()
    ratio = plain.shape[1] / WIDTH
    x, y, right, bottom = (round(ratio * v) for v in (caption.x(), caption.y(), caption.right(), caption.bottom()))
    assert not np.any(plain[y:bottom, x:right] != nameless[y:bottom, x:right])


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_screenshots_have_the_wanted_size(view: SceneView, scale: float) -> None:
    picture = view.screenshot(scale)
    ratio = view.devicePixelRatioF() * scale
    assert picture.shape == (round(HEIGHT * ratio), round(WIDTH * ratio), 4)
    assert picture.dtype == np.uint8
    assert picture[..., 3].min() == 255
    assert len(np.unique(picture[::7, ::7].reshape(-1, 4), axis=0)) > 60


def test_themes_and_layers_change_the_picture(view: SceneView, example: SceneState) -> None:
    light = view.screenshot()
    view.set_state(example.replace(theme="dark"))
    dark = view.screenshot()
    assert light[5, WIDTH // 2, :3].min() > 200
    assert dark[5, WIDTH // 2, :3].max() < 80
    pictures = [dark]
    for name in ("ghost", "window", "optical_axes"):
        view.set_state(example.replace(theme="dark", layers=Layers().replace(**{name: True})))
        pictures.append(view.screenshot())
        assert np.abs(pictures[-1].astype(int) - pictures[0]).max() > 40, name


def test_names_have_the_files_units_before_and_model_units_after(view: SceneView, example: SceneState) -> None:
    assert view.scene.length_text(2.7).endswith(" mm")
    view.set_state(example.replace(blend=1.0))
    assert view.scene.length_text(2.7) == "2.70"


def test_only_what_changed_is_sent_again(view: SceneView, example: SceneState) -> None:
    view.screenshot()
    built: list[str] = []
    for name, visual in view._canvas._visuals.items():  # type: ignore[union-attr]
        build = visual.build
        visual.build = lambda scene, name=name, build=build: (built.append(name), build(scene))[1]  # type: ignore[method-assign]
    view.set_state(example.replace(blend=0.0))
    view.screenshot()
    assert built == []
    view.set_state(example.replace(selected="cam_4"))
    view.screenshot()
    assert set(built) == {"frusta", "optical axes", "names", "window"}


def test_a_dock_that_becomes_a_window_keeps_its_scene(qtbot: QtBot, example: SceneState) -> None:
    window, dock, view = QMainWindow(), QDockWidget(), SceneView()
    qtbot.addWidget(window)
    window.resize(700, 500)
    dock.setWidget(view)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    view.set_state(example.replace(layers=BARE, textures=tuple(flat(colour) for colour in COLOURS)))
    with qtbot.waitExposed(window):
        window.show()
    for floating in (True, False):
        dock.setFloating(floating)
        qtbot.wait(150)
        picture = view.screenshot()
        name = visible_names(view)[0]
        np.testing.assert_allclose(pixel(picture, view, on_image(view, name)), COLOURS[int(name[-1])], atol=3)
        shown = as_array(view.surface.grabFramebuffer())  # type: ignore[union-attr]
        np.testing.assert_allclose(pixel(shown, view, on_image(view, name)), COLOURS[int(name[-1])], atol=3)


def test_a_screenshot_needs_no_window(qtbot: QtBot, example: SceneState) -> None:
    view = SceneView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.set_state(example)
    assert view.screenshot().std() > 5


def test_a_scene_without_anything_and_one_with_a_broken_camera_still_draw(view: SceneView, example: SceneState) -> None:
    view.set_state(SceneState())
    assert view.screenshot().shape[2] == 4
    rig = example.before
    assert rig is not None
    broken = rig.replace(cameras=(rig[0].replace(T_cam_world=np.full((4, 4), np.nan)), *rig.cameras[1:]))
    view.set_state(example.replace(before=broken, after=None))
    assert view.screenshot().std() > 1
    assert view.has_opengl


def test_without_opengl_there_is_a_message_and_everything_else_goes_on(
    qtbot: QtBot, example: SceneState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canvas, "probe_opengl", lambda: canvas.OpenGL("No OpenGL context can be created."))
    view = SceneView()
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show()
    view.set_state(example)
    view.reset_view()
    view.frame_selection()
    message = view.findChild(QLabel, "no-scene-reason")
    assert not view.has_opengl
    assert message is not None
    assert "No OpenGL context" in message.text()
    assert view.screenshot().shape[2] == 4


def test_a_driver_that_fails_while_drawing_costs_the_scene_not_the_window(
    qtbot: QtBot, view: SceneView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("shader refused")

    monkeypatch.setattr(canvas.Canvas, "_draw", broken)
    view.navigator.turn(5, 5)
    qtbot.waitUntil(lambda: not view.has_opengl, timeout=5000)
    message = view.findChild(QLabel, "no-scene-reason")
    assert message is not None
    assert "shader refused" in message.text()


def test_the_state_imports_neither_qt_nor_vispy_and_the_view_no_torch() -> None:
    code = (
        "import sys, mouseview.app.scene3d.state as s;"
        "assert not any(m.split('.')[0] in ('vispy', 'PySide6', 'torch') for m in sys.modules), 'state';"
        "import mouseview.app.scene3d.view as v;"
        "assert 'vispy' not in sys.modules;"
        "import mouseview.app.scene3d.canvas as c;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
