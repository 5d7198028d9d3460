"""The one registry of actions: menus, toolbar, command palette and cheat sheet are all read from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class ActionSpec:
    """menu: path such as ``"View/Screenshot"``.  needs: what must be open for it: "", "dataset" or "sample"."""

    id: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    needs: str = ""
    checkable: bool = False
    separator: bool = False  # a line above it in its menu


SPECS: tuple[ActionSpec, ...] = (
    ActionSpec("open-folder", "Open folder…", "File", ("Ctrl+O",), "folder", "Open a sample or a folder of samples"),
    ActionSpec("open-file", "Open file…", "File", ("Ctrl+Shift+O",), "file", "Open a calibration, a list or a project"),
    ActionSpec("compare-calibration", "Compare calibration with…", "File", ("Ctrl+D",), "difference",
               "What changed between this rig and another calibration of it", needs="sample"),
    ActionSpec("open-demo", "Open the demo", "File", (), "demo", "Write a small procedural dataset and open it"),
    ActionSpec("save-project", "Save project", "File", ("Ctrl+S",), "save", needs="dataset", separator=True),
    ActionSpec("save-project-as", "Save project as…", "File", ("Ctrl+Shift+S",), needs="dataset"),
    ActionSpec("start-afresh", "Start afresh", "File", (), "",
               "Without anything that was chosen for this dataset; undo brings it back", needs="sample"),
    ActionSpec("save-recipe", "Save recipe…", "File/Recipe", (), "save",
               "Write how this dataset is normalised as a file that other sessions can use", needs="sample"),
    ActionSpec("apply-recipe", "Apply a recipe…", "File/Recipe", (), "file",
               "Normalise this dataset as a recipe file says; what would change is shown first", needs="sample"),
    ActionSpec("compare-recipe", "Compare with a recipe…", "File/Recipe", (), "difference",
               "What differs between a recipe file and what is chosen here", needs="sample"),
    ActionSpec("extract", "Extract samples…", "File", ("Ctrl+E",), "image",
               "Write frames of videos, or samples, as folders of images", needs="sample", separator=True),
    ActionSpec("normalise-all", "Normalise the dataset…", "File", ("Ctrl+Shift+E",), "ledger",
               "Write every sample in the model's format, with its ledger", needs="sample"),
    ActionSpec("close-dataset", "Close dataset", "File", ("Ctrl+W",), needs="dataset", separator=True),
    ActionSpec("quit", "Quit", "File", ("Ctrl+Q",)),
    ActionSpec("undo", "Undo", "Edit", ("Ctrl+Z",), "undo"),
    ActionSpec("redo", "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    ActionSpec("reach-view-to-sample", "This view's framing to all views", "Edit/Apply framing",
               ("Ctrl+Alt+V",), "", "The other views get the same aim, roll and zoom", needs="sample", separator=True),
    ActionSpec("reach-view-to-selection", "This view's framing to selected samples", "Edit/Apply framing", (), "",
               "This view, in every selected sample", needs="sample"),
    ActionSpec("reach-view-to-all", "This view's framing to all samples", "Edit/Apply framing", (), "",
               "This view, in every sample; none keeps one of its own for it", needs="sample"),
    ActionSpec("reach-sample-to-selection", "All framings to selected samples", "Edit/Apply framing",
               ("Ctrl+Alt+S",), "", "Every view as it is here, in every selected sample", needs="sample",
               separator=True),
    ActionSpec("reach-sample-to-untouched", "All framings to samples without their own", "Edit/Apply framing",
               (), "", "Samples that were framed by hand keep theirs", needs="sample"),
    ActionSpec("reach-sample-to-all", "All framings to all samples", "Edit/Apply framing", ("Ctrl+Alt+A",), "",
               "Every view as it is here, in every sample", needs="sample"),
    ActionSpec("reach-reset-view", "Reset this view", "Edit/Reset framing", ("Ctrl+Alt+R",), "",
               "Back to the window that the mode chooses", needs="sample"),
    ActionSpec("reach-reset-sample", "Reset all views of this sample", "Edit/Reset framing", (), "",
               "Back to the windows that the mode chooses", needs="sample"),
    ActionSpec("reach-reset-selection", "Reset the selected samples", "Edit/Reset framing", (), "",
               "Every view of every selected sample", needs="sample"),
    ActionSpec("reach-follow", "Frame this sample as all others", "Edit/Reset framing", (), "",
               "Forget its own framings; it has those of all samples again", needs="sample"),
    ActionSpec("reach-reset-all", "Reset the framing of everything", "Edit/Reset framing", (), "",
               "Every view of every sample", needs="sample"),
    ActionSpec("lock-view", "Lock this view", "Edit", ("Ctrl+L",), "",
               "A locked view is left alone by all that is applied, reset or dragged", needs="sample", checkable=True),
    ActionSpec("select-samples", "Select all samples", "Edit", ("Ctrl+A",), "",
               "All that the list shows: what is applied to selected samples goes to them", needs="dataset",
               separator=True),
    ActionSpec("select-one", "Select only the sample in view", "Edit", ("Ctrl+Shift+A",), needs="dataset"),
    ActionSpec("copy-finding", "Copy all findings", "Edit", (), "copy", needs="sample", separator=True),
    ActionSpec("copy-ledger", "Copy the ledger as a table", "Edit", (), "copy", needs="sample"),
    ActionSpec("edit-masks", "Draft and correct masks", "Edit", ("Ctrl+M",), "brush",
               "Draft masks where there are none, and correct them with a brush", needs="sample", separator=True),
    ActionSpec("crop", "Crop this view", "Edit", ("C",), "frame",
               "Aim, roll and zoom the window that the model sees this view through", needs="sample"),
    ActionSpec("sample-next", "Next sample", "Go", ("Right",), "right", needs="dataset"),
    ActionSpec("sample-previous", "Previous sample", "Go", ("Left",), "left", needs="dataset"),
    ActionSpec("play", "Play the samples", "Go", ("Space",), "play", "Step through the samples; again stops",
               needs="dataset", checkable=True),
    ActionSpec("view-next", "Next view", "Go", ("Down",), needs="sample"),
    ActionSpec("view-previous", "Previous view", "Go", ("Up",), needs="sample"),
    ActionSpec("filter-samples", "Find a sample", "Go", ("Ctrl+F",), "search", needs="dataset", separator=True),
    ActionSpec("frame", "Frame selection", "Scene", ("F",), "frame", "Bring the selected camera into view",
               needs="sample"),
    ActionSpec("reset-scene", "Reset the viewpoint", "Scene", ("Home",), "home", needs="sample"),
    ActionSpec("toggle-after", "Before / after normalisation", "Scene", ("N",), "compare", needs="sample",
               separator=True),
    ActionSpec("toggle-rays", "Show the ray field", "Scene", ("R",), "rays", needs="sample", checkable=True),
    ActionSpec("probe", "Probe and ruler", "Scene", ("M",), "probe",
               "Click the same spot in two or more views: where it is, and how well the cameras agree", needs="sample",
               checkable=True, separator=True),
    ActionSpec("probe-other", "Probe the other point", "Scene", ("Shift+M",), "",
               "Between the two ends of a length, A and B", needs="sample"),
    ActionSpec("probe-back", "Take back the last mark", "Scene", ("Backspace",), needs="sample"),
    ActionSpec("probe-clear", "Clear the probe, or end it", "Scene", ("Esc",), needs="sample"),
    ActionSpec("run", "Reconstruct this sample", "Run", ("Ctrl+R", "F5"), "play", "Feed the chosen views to the model",
               needs="sample"),
    ActionSpec("run-modes", "Compare all modes on this sample", "Run", ("Ctrl+Shift+R",), "modes", needs="sample"),
    ActionSpec("why-false", "Why a mode is false", "Run", (), "eye",
               "The subject's ball through declared and true cameras, for any mode", needs="sample"),
    ActionSpec("check-order", "Does the order of views matter?", "Run", (), "",
               "Feed this sample as it is, reversed and shuffled, and compare what comes out", needs="sample"),
    ActionSpec("check-conventions", "Check conventions…", "Run", ("Ctrl+K",), "check",
               "Whether K, R and t are read right, by labels, masks and the cameras themselves", needs="sample",
               separator=True),
    ActionSpec("damage", "What wrong declarations cost…", "Run", ("Ctrl+Shift+K",), "modes",
               "All modes and known mistakes on this rig: by how many px the views then disagree", needs="sample"),
    ActionSpec("cancel", "Stop the running work", "Run", ("Ctrl+.",), "stop", separator=True),
    ActionSpec("theme-system", "Follow the system", "View/Appearance", checkable=True),
    ActionSpec("theme-light", "Light", "View/Appearance", checkable=True),
    ActionSpec("theme-dark", "Dark", "View/Appearance", checkable=True),
    ActionSpec("reset-layout", "Restore the default layout", "View", (), "grid"),
    ActionSpec("shot-window", "Whole window…", "View/Screenshot", ("Ctrl+Shift+C",), "camera"),
    ActionSpec("shot-scene", "Scene…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-views", "Views…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-understanding", "What the model sees…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-crop", "Crop…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-compare", "Compare…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-modes", "All modes…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-session", "Session…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-masks", "Masks…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-difference", "Calibration diff…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-probe", "Probe…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-ledger", "Ledger…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-findings", "Findings…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-model", "Model…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-subject", "Subject…", "View/Screenshot", (), "camera"),
    ActionSpec("shot-samples", "Samples…", "View/Screenshot", (), "camera"),
    ActionSpec("palette", "Command palette…", "Help", ("Ctrl+Shift+P",), "palette"),
    ActionSpec("cheat-sheet", "Keyboard cheat sheet", "Help", ("?",), "help"),
    ActionSpec("about", "About MouseView", "Help", (), "info", separator=True),
)  # fmt: skip

MOUSE_HINTS: tuple[tuple[str, str], ...] = (
    ("Orbit the scene", "Left drag"),
    ("Pan the scene", "Right or middle drag · Shift + left drag"),
    ("Zoom", "Wheel"),
    ("Select a camera", "Click its frustum or its image"),
    ("Read the ray of a pixel", "Click the selected camera's image"),
    ("Mark a spot with the probe", "Click or drag in a view · Shift for the second point"),
    ("Magnify a view while probing", "Wheel · right or middle drag moves it"),
    ("Aim, roll, zoom a crop's window", "Drag it · drag its handle · wheel"),
    ("Nudge it · centre it", "Arrows, with Shift by 10 px · double-click"),
    ("Fly into a camera", "Double-click its frustum"),
    ("Leave a camera", "Esc"),
    ("Turn about a point", "Double-click it"),
    ("Select more samples", "Ctrl or Shift + click in the list"),
    ("Apply, reset or lock a view's framing", "Right-click its image"),
)


class Actions(QObject):
    """QActions of all ``SPECS``, owned by the window so that their shortcuts work everywhere in it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        self.handled: set[str] = set()
        for spec in SPECS:
            action = QAction(spec.text, window)
            action.setObjectName(spec.id)
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setCheckable(spec.checkable)
            shown = ", ".join(self.keys_of(spec))
            action.setToolTip((spec.tip or spec.text.rstrip("…")) + (f"  ({shown})" if shown else ""))
            action.setStatusTip(spec.tip or spec.text.rstrip("…"))
            window.addAction(action)
            self._actions[spec.id] = action

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def on(self, id: str, handler: Callable[..., object]) -> None:
        """Call ``handler`` when the action is triggered; checkable ones pass their state."""
        action = self._actions[id]
        self.handled.add(id)
        if action.isCheckable():
            action.triggered.connect(handler)
        else:
            action.triggered.connect(lambda _checked=False: handler())

    def enable(self, *, dataset: bool, sample: bool) -> None:
        for spec in SPECS:
            if spec.needs:
                self._actions[spec.id].setEnabled(dataset if spec.needs == "dataset" else sample)

    @staticmethod
    def keys_of(spec: ActionSpec) -> tuple[str, ...]:
        """The shortcuts as this platform writes them."""
        return tuple(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in spec.keys)
