"""Decide about a session of videos: read it under the decision, and only then save it beside the videos."""

from __future__ import annotations

from mouseview.formats.sessions.session import read_session, save_settings, session_dataset
from mouseview.formats.sessions.settings import KIND
from mouseview.formats.sidecar import remove_sidecar
from mouseview.model.sample import Dataset
from mouseview.model.session import Session, SessionSettings


def decide(session: Session, settings: SessionSettings) -> Dataset:
    """The session's frames under ``settings``, which later openings follow too; default settings forget the others.

    Raises ``FileFormatError`` when the session cannot be read so (nothing is saved then), or nothing can be saved.
    """
    target = session.settings_target or session.root
    changed = read_session(session.root, settings)
    if settings == SessionSettings():
        remove_sidecar(target, KIND)
    else:
        save_settings(session, settings)
    return session_dataset(changed)
