"""The session desk: decisions about a session of videos. Each is one undoable step, saved beside the videos at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from mouseview.app.controller import Controller
from mouseview.app.edits import Replace
from mouseview.app.jobs import Ticket
from mouseview.model.sample import Dataset
from mouseview.model.session import Session, SessionSettings

if TYPE_CHECKING:
    from mouseview.workflow.session_evidence import JudgedSession

SLOT = "session"
EVIDENCE_SLOT = "session-evidence"


class SessionDesk(QObject):
    """Intents in; the controller shows the session read anew. Nothing happens while no session is open.

    ``judged(JudgedSession)``: what the evidence says of the session as it is read now; None once that is over.
    """

    judged = Signal(object)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._verdict: JudgedSession | None = None
        controller.changed.connect(lambda _state: self._outdate())

    @property
    def session(self) -> Session | None:
        dataset = self._controller.state.dataset
        return None if dataset is None else dataset.session

    def assign_video(self, camera: str, video: Path | None) -> None:
        """A camera takes a video; the camera that had it takes the other's in exchange."""
        self._assign("videos", camera, video)

    def assign_masks(self, camera: str, masks: Path | None) -> None:
        self._assign("masks", camera, masks)

    def _assign(self, field: str, camera: str, path: Path | None) -> None:
        session = self.session
        if session is None:
            return
        attribute = {"videos": "video", "masks": "masks"}[field]
        before: Path | None = getattr(session.view(camera), attribute)
        if path == before:
            return
        changes = {camera: _text(session, path)}
        for view in session.views:
            if path is not None and view.camera != camera and getattr(view, attribute) == path:
                changes[view.camera] = _text(session, before)
        what = "video" if field == "videos" else "masks"
        self._edit(f"{what} of {camera}", **{field: {**getattr(session.settings, field), **changes}})

    def set_offset(self, camera: str, frames: int) -> None:
        session = self.session
        if session is not None and frames != session.view(camera).offset_frames:
            self._edit(f"offset of {camera}", offsets={**session.settings.offsets, camera: frames})

    def set_range(self, start: int, stop: int, stride: int) -> None:
        """Ends that were not touched go on following what all videos have in common."""
        session = self.session
        if session is None:
            return
        kept = session.settings
        self._edit(
            "frames of the session",
            start=kept.start if start == session.start else start,
            stop=kept.stop if stop == session.stop else stop,
            stride=stride,
        )

    def set_undistorted(self, undistorted: bool | None) -> None:
        self._edit("lens of the videos", undistorted=undistorted)

    def forget(self) -> None:
        """Back to what the files' names say."""
        self.follow("decisions about the session", SessionSettings())

    def follow(self, text: str, settings: SessionSettings) -> None:
        """Replace all decisions, as one step."""
        session = self.session
        if session is None or settings == session.settings:
            return
        history = self._controller.history
        history.push(Replace(text, session.settings, settings, lambda chosen: self._read(session, chosen)))

    def weigh(self) -> None:
        """Ask masks and keypoints which video is whose, who is early or late, and whether the lens is in the pixels."""
        session = self.session
        if session is None:
            return

        def work(ticket: Ticket) -> JudgedSession:
            from mouseview.workflow.session_evidence import judge

            return judge(session, progress=ticket.progress, cancelled=ticket.cancelled)

        controller = self._controller
        controller.jobs.submit(EVIDENCE_SLOT, "Asking the evidence", work, self._weighed, controller.failed.emit)

    def use_evidence(self) -> None:
        """Decide as the evidence says, as one step that can be undone."""
        if self._verdict is not None:
            self.follow("what the evidence supports", self._verdict.verdict.settings)

    def _weighed(self, judged: JudgedSession) -> None:
        if judged.session is self.session:
            self._verdict = judged
            self.judged.emit(judged)

    def _outdate(self) -> None:
        """A verdict speaks of the session as it was read: other decisions, or another dataset, end it."""
        if self._verdict is not None and self._verdict.session is not self.session:
            self._verdict = None
            self.judged.emit(None)

    def _edit(self, text: str, **changes: Any) -> None:
        session = self.session
        if session is not None:
            self.follow(text, session.settings.replace(**changes))

    def _read(self, session: Session, settings: SessionSettings) -> None:
        def work(_ticket: object) -> Dataset:
            from mouseview.workflow.session import decide

            return decide(session, settings)

        controller = self._controller
        controller.jobs.submit(SLOT, "Reading the session", work, controller.show_dataset, controller.failed.emit)


def _text(session: Session, path: Path | None) -> str | None:
    return None if path is None else session.relative(path)


def summary(session: Session) -> str:
    """One line: how many videos there are, and which frames of them are samples."""
    there = sum(view.video is not None for view in session.views)
    masked = sum(view.masks is not None for view in session.views)
    count = len(session.frames)
    every = "" if session.stride == 1 else f", every {session.stride}th"
    return (
        f"{there} of {len(session.views)} cameras have a video, {masked} have masks · "
        f"{count:,} samples: frames {session.start:,} to {max(session.stop - 1, session.start):,}{every}"
    )
