"""The main window: docks, menus and tool bar. What they mean is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QMenu, QProgressBar, QStackedWidget, QTabWidget, QToolBar, QWidget

from mouseview.app import theme
from mouseview.app.actions import SPECS, Actions
from mouseview.app.docks import Dock, hide_stray_tab_bars, tab_bar_height
from mouseview.app.panels.calibration_diff import CalibrationDiffPanel
from mouseview.app.panels.compare import ComparePanel
from mouseview.app.panels.crop import CropPanel
from mouseview.app.panels.findings import FindingsPanel
from mouseview.app.panels.ledger import LedgerPanel
from mouseview.app.panels.mask_editor import MaskEditorPanel
from mouseview.app.panels.messages import MessageStack
from mouseview.app.panels.model import ModelPanel
from mouseview.app.panels.modes import ModesPanel
from mouseview.app.panels.probe import ProbePanel
from mouseview.app.panels.samples import SamplesPanel
from mouseview.app.panels.scene import ScenePanel
from mouseview.app.panels.session import SessionPanel
from mouseview.app.panels.subject import SubjectPanel
from mouseview.app.panels.understanding import UnderstandingPanel
from mouseview.app.panels.views import ViewsPanel
from mouseview.app.panels.welcome import WelcomePanel

_LAYOUT_VERSION = 1
_AIMING_SHARE = 0.5  # of the window's height for views that one aims at, or maps that one reads
_SETTLED_MS = 40  # after docks were arranged anew, their tabs have their places
_TOOL_BAR = ("open-folder", "save-project", "", "undo", "redo", "", "sample-previous", "sample-next", "",
             "frame", "reset-scene", "probe", "", "run", "run-modes")  # fmt: skip


class MainWindow(QMainWindow):
    """``dropped(paths)``; ``closing`` before the window goes."""

    dropped = Signal(object)
    closing = Signal()

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        self.setWindowTitle("MouseView")
        self.setMinimumSize(1180, 660)
        self.resize(1280, 800)
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setDocumentMode(True)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.actions_ = Actions(self)
        self.samples, self.scene, self.views = SamplesPanel(), ScenePanel(), ViewsPanel()
        self.ledger, self.findings, self.model = LedgerPanel(), FindingsPanel(), ModelPanel()
        self.compare, self.modes, self.session = ComparePanel(), ModesPanel(), SessionPanel()
        self.difference, self.probe, self.welcome = CalibrationDiffPanel(), ProbePanel(), WelcomePanel()
        self.masks, self.crop = MaskEditorPanel(), CropPanel()
        self.understanding = UnderstandingPanel()
        self.subject = SubjectPanel()
        self._hidden_by_user: set[str] = set()
        # panels with nothing to say about what is open
        self._idle: set[str] = {"session", "difference", "masks", "crop"}
        self._docks_shown: bool | None = None
        self._laid_out = False
        self._height_before: int | None = None  # of the docks below, while they are larger than that
        self._roomy: frozenset[str] = frozenset()  # those of them that want more room
        self._room_for = "views"  # the last of them that came or went
        self.centre = QStackedWidget()
        self.centre.addWidget(self.welcome)
        self.centre.addWidget(self.scene)
        self.setCentralWidget(self.centre)
        left, right, bottom = (
            Qt.DockWidgetArea.LeftDockWidgetArea,
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        self.docks: dict[str, Dock] = {}
        self._areas = {}
        for name, title, icon, panel, area in (
            ("samples", "Samples", "samples", self.samples, left),
            ("model", "Model", "model", self.model, right),
            ("subject", "Subject", "axes", self.subject, right),
            ("findings", "Findings", "findings", self.findings, right),
            ("ledger", "Ledger", "ledger", self.ledger, right),
            ("probe", "Probe", "probe", self.probe, right),
            ("views", "Views", "grid", self.views, bottom),
            ("crop", "Crop", "frame", self.crop, bottom),
            ("understanding", "What the model sees", "eye", self.understanding, bottom),
            ("compare", "Compare", "compare", self.compare, bottom),
            ("modes", "All modes", "modes", self.modes, bottom),
            ("session", "Session", "session", self.session, bottom),
            ("difference", "Calibration diff", "difference", self.difference, bottom),
            ("masks", "Masks", "brush", self.masks, bottom),
        ):
            dock = Dock(name, title, icon, panel, self)
            dock.topLevelChanged.connect(lambda _floating: self._fit_titles())
            dock.dockLocationChanged.connect(lambda _area: self._fit_titles())
            dock.visibilityChanged.connect(lambda _visible: self._fit_titles())
            self.docks[name] = dock
            self._areas[name] = area
        self._size_timer = QTimer(self, singleShot=True, interval=0)
        self._size_timer.timeout.connect(self._size_docks)
        self._room_timer = QTimer(self, singleShot=True, interval=0)
        self._room_timer.timeout.connect(self._fit_room)
        self._title_timer = QTimer(self, singleShot=True, interval=0)
        self._title_timer.timeout.connect(self._fit_titles_now)
        self._tab_timer = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._tab_timer.timeout.connect(lambda: hide_stray_tab_bars(self, tuple(self.docks.values())))
        self.panels = (self.samples, self.scene, self.views, self.ledger, self.findings, self.model, self.compare,
                       self.modes, self.session, self.difference, self.masks, self.probe, self.crop,
                       self.understanding, self.subject)  # fmt: skip
        self.recent_menu = QMenu("Open recent", self)
        self._build_menus()
        self._build_tool_bar()
        self._build_status_bar()
        self.messages = MessageStack(self)
        self.arrange()
        self._restore_layout()
        self.show_docks(False)

    # ---- building ------------------------------------------------------------------------------------------------

    def _build_menus(self) -> None:
        menus: dict[str, QMenu] = {}
        for name in ("File", "Edit", "Go", "Scene", "Run", "View", "Help"):
            menus[name] = self.menuBar().addMenu(name)
        panels = menus["View"].addMenu("Panels")
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())
        for spec in SPECS:
            top, _, sub = spec.menu.partition("/")
            if sub and spec.menu not in menus:
                menus[spec.menu] = menus[top].addMenu(sub)
            if spec.separator:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(self.actions_[spec.id])
            if spec.id == "open-file":
                menus["File"].addMenu(self.recent_menu)

    def _build_tool_bar(self) -> None:
        bar = QToolBar("Tools", self)
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(18, 18))
        bar.setFixedHeight(36)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for id in _TOOL_BAR:
            if id:
                bar.addAction(self.actions_[id])
            else:
                bar.addSeparator()
        spacer = QWidget()
        spacer.setSizePolicy(spacer.sizePolicy().Policy.Expanding, spacer.sizePolicy().Policy.Preferred)
        bar.addWidget(spacer)
        bar.addAction(self.actions_["palette"])
        bar.addAction(self.actions_["cheat-sheet"])
        self.tool_bar = bar
        self.addToolBar(bar)

    def _build_status_bar(self) -> None:
        self.status_text = QLabel()
        self.status_text.setContentsMargins(10, 0, 0, 0)
        self.work_text = QLabel()
        self.work_bar = QProgressBar()
        self.work_bar.setTextVisible(False)
        self.work_bar.setFixedWidth(110)
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addWidget(self.status_text, 1)
        bar.addPermanentWidget(self.work_text)
        bar.addPermanentWidget(self.work_bar)
        self.work_bar.hide()

    # ---- layout --------------------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """The default layout: samples left, model over findings and ledger right, views and comparisons below."""
        docks = self.docks
        for name, dock in docks.items():
            dock.setFloating(False)
            self.addDockWidget(self._areas[name], dock)
        self.splitDockWidget(docks["model"], docks["findings"], Qt.Orientation.Vertical)
        self.tabifyDockWidget(docks["model"], docks["subject"])
        self.tabifyDockWidget(docks["findings"], docks["ledger"])
        self.tabifyDockWidget(docks["ledger"], docks["probe"])
        self.tabifyDockWidget(docks["views"], docks["crop"])
        self.tabifyDockWidget(docks["crop"], docks["understanding"])
        self.tabifyDockWidget(docks["understanding"], docks["compare"])
        self.tabifyDockWidget(docks["compare"], docks["modes"])
        self.tabifyDockWidget(docks["modes"], docks["session"])
        self.tabifyDockWidget(docks["session"], docks["difference"])
        self.tabifyDockWidget(docks["difference"], docks["masks"])
        for name in ("model", "findings", "views"):
            docks[name].raise_()
        self._size_docks()
        self._fit_titles()

    def _size_docks(self) -> None:
        docks = self.docks
        self.resizeDocks([docks["samples"], docks["model"]], [232, 322], Qt.Orientation.Horizontal)
        self.resizeDocks([docks["views"]], [max(240, round(0.3 * self.height()))], Qt.Orientation.Vertical)
        self.resizeDocks(
            [docks["model"], docks["findings"]], [385, max(self.height() - 470, 330)], Qt.Orientation.Vertical
        )

    def reset_layout(self) -> None:
        self._hidden_by_user.clear()
        if self._docks_shown:  # else nothing is open, and the welcome page stays alone
            for name, dock in self.docks.items():
                dock.setVisible(name not in self._idle)
        self.arrange()

    def _restore_layout(self) -> None:
        geometry, state = self.settings.value("window/geometry"), self.settings.value("window/state")
        if geometry is not None:
            self.restoreGeometry(geometry)
        if state is not None:
            self._laid_out = self.restoreState(state, _LAYOUT_VERSION)
        self._fit_titles()

    def show_docks(self, wanted: bool) -> None:
        """Nothing but the welcome page while nothing is open; what the user has hidden stays hidden."""
        if wanted is self._docks_shown:
            return
        self._docks_shown = wanted
        self.centre.setCurrentWidget(self.scene if wanted else self.welcome)
        if wanted:
            for name, dock in self.docks.items():
                dock.setVisible(name not in self._hidden_by_user | self._idle)
            for name in ("model", "findings", "views"):
                self.docks[name].raise_()
            if not self._laid_out:
                self._laid_out = True
                self._size_timer.start()  # shares of the size that the window really got
        else:
            self._hidden_by_user = {name for name, dock in self.docks.items() if dock.isHidden()} - self._idle
            for dock in self.docks.values():
                dock.hide()
        self._fit_titles()

    def set_idle(self, name: str, idle: bool) -> None:
        """A panel that what is open gives nothing to show stays out of the way."""
        if idle == (name in self._idle):
            return
        self._idle ^= {name}
        if self._docks_shown:
            self.docks[name].setVisible(not idle and name not in self._hidden_by_user)
            self._fit_titles()

    def _fit_titles(self) -> None:
        self._title_timer.start()  # tabs are settled only after the event that moves them

    def _fit_titles_now(self) -> None:
        for dock in self.docks.values():
            dock.fit_title()
        self._tab_timer.start()

    def raise_panel(self, name: str) -> None:
        self.docks[name].show()
        self.docks[name].raise_()

    def _in_sight(self, name: str) -> Dock:
        """This dock, or the one before it that shares its place: what lies behind a tab has no height of its own."""
        dock = self.docks[name]
        shown = (other for other in self.docks.values() if other in self.tabifiedDockWidgets(dock))
        return dock if dock.geometry().left() >= 0 else next((o for o in shown if o.geometry().left() >= 0), dock)

    def give_room(self, wanted: bool, by: str = "views") -> None:
        """More height for the docks below while one aims at pixels or reads maps; afterwards they are as before."""
        roomy = self._roomy | {by} if wanted else self._roomy - {by}
        if roomy != self._roomy:
            self._roomy, self._room_for = roomy, by
            # not now: a tab that comes into sight has its place later, and the one that goes tells first
            self._room_timer.start()

    def _fit_room(self) -> None:
        wanted, dock = bool(self._roomy), self._in_sight(self._room_for)
        if dock.isFloating() or wanted == (self._height_before is not None):
            return
        before, self._height_before = self._height_before, dock.height() if wanted else None
        height = max(dock.height(), round(_AIMING_SHARE * self.height())) if before is None else before
        self.resizeDocks([dock], [height + tab_bar_height(self, dock)], Qt.Orientation.Vertical)

    # ---- looks ---------------------------------------------------------------------------------------------------

    def dress(self, dark: bool) -> None:
        for spec in SPECS:
            if spec.icon:
                self.actions_[spec.id].setIcon(theme.icon(spec.icon, dark))
        for dock in self.docks.values():
            dock.dress(dark)
        self.welcome.dress(dark)

    def fill_recent(self, paths: list[str], choose: Callable[[str], object]) -> None:
        self.recent_menu.clear()
        for path in paths:
            action = QAction(path, self.recent_menu)
            action.triggered.connect(lambda _checked=False, path=path: choose(path))
            self.recent_menu.addAction(action)
        self.recent_menu.setEnabled(bool(paths))
        self.welcome.show_recent(paths)

    # ---- events --------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.messages.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.centre.currentWidget() is self.scene:  # else the docks are hidden, which is no layout to keep
            self._roomy = frozenset()
            self._fit_room()  # what was borrowed is no layout to keep
            self.settings.setValue("window/geometry", self.saveGeometry())
            self.settings.setValue("window/state", self.saveState(_LAYOUT_VERSION))
        self.closing.emit()
        super().closeEvent(event)
