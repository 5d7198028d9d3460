"""Session: which video shows which camera, how they are shifted in time, and which frames become samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.desks.session import summary
from mouseview.app.jobs import JobStatus
from mouseview.app.panels.forms import WheelGuard, side_by_side
from mouseview.app.panels.shift_curve import ShiftCurve
from mouseview.app.panels.widgets import ElidedLabel, Segments, label, scrolling, sentence
from mouseview.app.state import AppState, Changed
from mouseview.model.session import Session, SessionView

if TYPE_CHECKING:
    from mouseview.workflow.session_evidence import JudgedSession

_MOST_FRAMES = 10**8
_NUMBER_PX = 76
_SIDE_PX = 312
_VERDICT_PX = 70  # of a video's name
_MOST_SHIFT = 10**6
_LENS = (None, False, True)
_INVITATION = (
    "What is open are images. Open a folder with one video a camera and a calibration: its frames become samples, and "
    "here you say which video belongs to which camera."
)


class CameraRow:
    """What one camera is made of: its video, its masks, its shift in time, and what the evidence says."""

    def __init__(self, camera: str) -> None:
        self.name = label(camera)
        self.curve, self.verdict = ShiftCurve(), ElidedLabel()
        self.video, self.masks, self.shift = QComboBox(), QComboBox(), QSpinBox()
        self.shift.setRange(-_MOST_SHIFT, _MOST_SHIFT)
        self.shift.setFixedWidth(_NUMBER_PX)
        self.shift.setToolTip("Frame i of the session shows frame i + shift of this video")
        for combo in (self.video, self.masks):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(6)

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        return self.name, self.video, self.masks, self.shift, self.curve, self.verdict

    def show_view(self, session: Session, view: SessionView) -> None:
        _fill(self.video, session, session.video_candidates, view.video)
        _fill(self.masks, session, session.mask_candidates, view.masks)
        self.shift.setValue(view.offset_frames)
        self.name.setToolTip(_frames_text(view))
        self.video.setToolTip(f"{view.video}\n{_frames_text(view)}" if view.video is not None else "")

    def show_evidence(self, judged: JudgedSession | None) -> None:
        """Whether this camera's video and shift fit, in a word and a curve."""
        text, good = _camera_verdict(self.name.text(), judged)
        self.verdict.setText(text)
        self.verdict.detail = _margin_text(self.name.text(), judged)
        t = theme.current()
        self.verdict.setStyleSheet("" if good is None else f"color: {t.good if good else t.bad};")
        offsets = judged.verdict.offsets if judged is not None else None
        mine = [offset for offset in offsets.cameras if offset.camera == self.name.text()] if offsets else []
        curve = tuple(point for point in mine[0].curve if point[1] == point[1]) if mine else ()
        self.curve.show_curve(curve, mine[0].shift_frames if mine else 0, bool(mine and mine[0].guilty))


class SessionPanel(QWidget):
    """Intents: ``video_chosen(camera, path)``, ``masks_chosen(camera, path)``, ``offset_chosen(camera, frames)``,
    ``range_chosen(start, stop, stride)``, ``lens_chosen(undistorted)``, ``forget_wanted``, ``weigh_wanted``,
    ``evidence_wanted``."""

    video_chosen = Signal(str, object)
    masks_chosen = Signal(str, object)
    offset_chosen = Signal(str, int)
    range_chosen = Signal(object, object, int)
    lens_chosen = Signal(object)
    forget_wanted = Signal()
    weigh_wanted = Signal()
    evidence_wanted = Signal()  # to be used

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._changed = Changed()
        self._rows: dict[str, CameraRow] = {}
        self._assumed: tuple[str, ...] = ()
        self.invitation = label(_INVITATION, "muted", wrap=True)
        self.summary = ElidedLabel()
        self.summary.setProperty("role", "heading")
        self.start, self.stop, self.stride = _number(0), _number(0), _number(1)
        self.start.setToolTip("First frame of the session that becomes a sample")
        self.stop.setToolTip("Frames from this one on become no samples")
        self.stride.setToolTip("1: every frame, 10: every tenth")
        for box in (self.start, self.stop, self.stride):
            box.editingFinished.connect(self._range_edited)
        self.lens = Segments(
            ("Unknown", "Raw", "Undistorted"),
            (
                "Nobody has said whether the videos are undistorted: the calibration's lens is applied",
                "The videos are as the cameras took them: the calibration's lens is applied",
                "The videos are undistorted already: the lens is dropped, K is kept",
            ),
        )
        self.lens.chosen.connect(lambda index: self.lens_chosen.emit(_LENS[index]))
        self.weigh = QPushButton("Ask the evidence")
        self.weigh.setToolTip("Rank assignment, shifts in time and lens by masks and keypoints of some frames")
        self.weigh.clicked.connect(self.weigh_wanted)
        self.forget = QPushButton("Back to names")
        self.forget.setToolTip("Forget what was decided here; files are assigned by their names again")
        self.forget.clicked.connect(self.forget_wanted)
        self.use = QPushButton("Use what the evidence supports")
        self.use.setProperty("primary", True)
        self.use.clicked.connect(self.evidence_wanted)
        self.use.hide()
        self.note = label("", "muted", wrap=True)
        self._guard = WheelGuard(self)
        self._build()

    def _build(self) -> None:
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(5)
        for place, title in enumerate(("Camera", "Video", "Masks", "Shift", "", "Evidence")):
            self._grid.addWidget(label(title, "section"), 0, place)
        self._grid.setColumnStretch(1, 3)
        self._grid.setColumnStretch(2, 3)
        self._grid.setColumnStretch(5, 2)
        self._grid.setColumnMinimumWidth(5, _VERDICT_PX)
        table = QWidget()
        table.setObjectName("panel")
        rows = QVBoxLayout(table)
        rows.setContentsMargins(10, 4, 6, 6)
        rows.addLayout(self._grid)
        rows.addStretch(1)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(6)
        form.addRow(label("Frames", "muted"), side_by_side(self.start, label("to", "muted"), self.stop, None))
        form.addRow(label("Every", "muted"), side_by_side(self.stride, None))
        form.addRow(label("Pixels", "muted"), self.lens)
        words = QWidget()
        words.setObjectName("panel")
        lines = QVBoxLayout(words)
        lines.setContentsMargins(0, 0, 6, 0)
        lines.addWidget(self.note)
        lines.addStretch(1)
        side = QVBoxLayout()
        side.setContentsMargins(6, 4, 10, 8)
        side.setSpacing(8)
        side.addLayout(form)
        side.addLayout(side_by_side(self.weigh, self.forget))
        side.addWidget(self.use)
        side.addWidget(scrolling(words), 1)
        self._body = QWidget()
        halves = QHBoxLayout(self._body)
        halves.setContentsMargins(0, 0, 0, 0)
        halves.addWidget(scrolling(table), 1)
        beside = QWidget()
        beside.setFixedWidth(_SIDE_PX)
        beside.setLayout(side)
        halves.addWidget(beside)
        head = QHBoxLayout()
        head.setContentsMargins(10, 8, 10, 2)
        head.addWidget(self.summary, 1)
        self.invitation.setContentsMargins(12, 10, 12, 10)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.invitation)
        column.addWidget(self._body, 1)

    def row(self, camera: str) -> CameraRow:
        return self._rows[camera]

    def show_state(self, state: AppState) -> None:
        session = None if state.dataset is None else state.dataset.session
        if not self._changed(session):
            return
        for part in (self.summary, self._body):
            part.setVisible(session is not None)
        self.invitation.setVisible(session is None)
        if session is not None:
            self._show(session)

    def _show(self, session: Session) -> None:
        self._assumed = session.assumptions
        self.summary.setText(summary(session))
        if tuple(self._rows) != session.rig.names:
            self._rebuild(session)
        for view in session.views:
            self._rows[view.camera].show_view(session, view)
        reach = max((view.frame_count or 0 for view in session.views), default=0)
        for box, value in ((self.start, session.start), (self.stop, session.stop), (self.stride, session.stride)):
            box.setRange(1 if box is self.stride else 0, max(reach, value, 1))
            box.setValue(value)
        self.lens.choose(_LENS.index(session.undistorted))
        self.show_evidence(None)

    def show_evidence(self, judged: JudgedSession | None) -> None:
        """None: nobody has asked yet; then the panel says what was taken from names."""
        for row in self._rows.values():
            row.show_evidence(judged)
        self.use.setVisible(judged is not None and judged.changes_settings)
        words = judged.verdict.words if judged is not None else tuple(dict.fromkeys(self._assumed))
        self.note.setText("\n".join(f"· {sentence(text).rstrip('.')}." for text in words))

    def show_progress(self, status: JobStatus) -> None:
        """Of the evidence being asked."""
        self.weigh.setEnabled(not status.running)
        self.weigh.setText("Asking …" if status.running else "Ask the evidence")

    def _rebuild(self, session: Session) -> None:
        for row in self._rows.values():
            for widget in row.widgets:
                self._grid.removeWidget(widget)
                widget.deleteLater()
        self._rows = {camera: self._row_of(camera) for camera in session.rig.names}
        for number, row in enumerate(self._rows.values(), start=1):
            for column, widget in enumerate(row.widgets):
                self._grid.addWidget(widget, number, column)

    def _row_of(self, camera: str) -> CameraRow:
        row = CameraRow(camera)
        row.video.activated.connect(lambda at: self.video_chosen.emit(camera, _path(row.video, at)))
        row.masks.activated.connect(lambda at: self.masks_chosen.emit(camera, _path(row.masks, at)))
        row.shift.editingFinished.connect(lambda: self.offset_chosen.emit(camera, row.shift.value()))
        for widget in (row.video, row.masks, row.shift):
            self._guard.watch(widget)
        return row

    def _range_edited(self) -> None:
        self.range_chosen.emit(self.start.value(), self.stop.value(), self.stride.value())


def _number(least: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, _MOST_FRAMES)
    box.setGroupSeparatorShown(True)
    box.setKeyboardTracking(False)
    box.setFixedWidth(_NUMBER_PX)
    return box


def _fill(combo: QComboBox, session: Session, candidates: tuple[Path, ...], chosen: Path | None) -> None:
    combo.clear()
    combo.addItem("none", None)
    one_folder = len({path.parent for path in candidates}) == 1
    for path in candidates:
        combo.addItem(path.name if one_folder else session.relative(path), str(path))
        combo.setItemData(combo.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
    combo.setCurrentIndex(candidates.index(chosen) + 1 if chosen in candidates else 0)
    combo.setToolTip("" if chosen is None else str(chosen))


def _path(combo: QComboBox, row: int) -> Path | None:
    text = combo.itemData(row)
    return None if text is None else Path(text)


def _frames_text(view: SessionView) -> str:
    if view.video is None:
        return "no video"
    count = "frames unknown" if view.frame_count is None else f"{view.frame_count:,} frames"
    return f"{count}, {len(view.missing)} dropped" if view.missing else count


def _camera_verdict(camera: str, judged: JudgedSession | None) -> tuple[str, bool | None]:
    """In a few words, and whether that is good; None where there is nothing to be glad or sorry about."""
    if judged is None:
        return "", None
    verdict = judged.verdict
    if verdict.misfit is not None and verdict.misfit.camera == camera:
        return "fits no video", False
    if any(camera in group for group in verdict.same_place):
        return "another camera's calibration", False
    wrong = verdict.assignment.changes if verdict.assignment is not None and verdict.assignment.contradicts else ()
    for name, _, video in wrong:
        if name == camera:
            return f"← {Path(video).stem if video is not None else 'no video'}", False
    offsets = verdict.offsets.cameras if verdict.offsets is not None else ()
    for offset in offsets:
        if offset.camera == camera and offset.guilty:
            return f"shift {offset.shift_frames:+d}", False
        if offset.camera == camera and offset.drifts:
            return "drifts: frames were lost", False
    choices = verdict.assignment.cameras if verdict.assignment is not None and verdict.assignment.fits else ()
    for choice in choices:
        if choice.camera == camera and choice.separated:
            return "fits", True
        if choice.camera == camera:
            return "cannot be separated", None
    return "no evidence" if verdict.evidence == "nothing" else "does not fit", None


def _margin_text(camera: str, judged: JudgedSession | None) -> str:
    """By how much the next best video is worse."""
    assignment = judged.verdict.assignment if judged is not None else None
    choices = assignment.cameras if assignment is not None else ()
    for choice in choices:
        if choice.camera == camera and choice.rival is not None:
            return f"{choice.video or 'no video'} fits best; {choice.rival} is {choice.margin_px:.1f} px worse"
    return ""
