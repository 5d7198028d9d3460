"""What the model sees: ray errors, the subject's ball, channels and their distribution, with words beside each."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mouseview.app import theme
from mouseview.app.panels.encoding_charts import Histograms, Ladder
from mouseview.app.panels.map_groups import LegendBar, MapGroups
from mouseview.app.panels.truth_tiles import TruthTiles
from mouseview.app.panels.widgets import Badge, ElidedLabel, Segments, label, narrow, scrolling, truth_colour
from mouseview.app.state import AppState, Changed
from mouseview.app.understanding.values import Against, Page, Quantity, Study, Wish
from mouseview.model.recipe import Mode

_PAGES = (
    ("Rays", "The angle between declared and true rays, for every view"),
    ("Ball", "The subject's ball, through the declared and through the true camera"),
    ("Channels", "What the model is told about each pixel of the selected camera"),
    ("Distribution", "How far the numbers that the model is fed lie from those of the rigs that it knows"),
)
_QUANTITIES = (
    (Quantity.DIRECTION, "Direction d"),
    (Quantity.NEAREST, "Nearest point p"),
    (Quantity.MOMENT, "Moment o × d"),
    (Quantity.BOX, "Way in the box"),
    (Quantity.WINDOW, "Depth window"),
)
_EMPTY = "Open a sample: its views appear here as the model is told about them."


class UnderstandingPanel(QWidget):
    """Intents: ``wished(Wish)``, ``camera_chosen(name)``."""

    wished = Signal(object)
    camera_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")  # its own paper, for pictures of it
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.wish = Wish()
        self.study: Study | None = None
        self._changed_mode = Changed()
        self.pages = Segments(tuple(name for name, _ in _PAGES), tuple(tip for _, tip in _PAGES))
        self.pages.choose(int(self.wish.page))
        self.pages.chosen.connect(lambda index: self._wish(page=Page(index)))
        self.as_if = narrow(QComboBox(), 15)
        self.as_if.setToolTip("Look at another mode without choosing it: nothing is normalised anew")
        self.as_if.activated.connect(lambda row: self._wish(as_if=self._mode_at(row)))
        self.quantity = narrow(QComboBox(), 9)
        self.quantity.setToolTip("Which of the numbers that the model is told about a pixel")
        for quantity, title in _QUANTITIES:
            self.quantity.addItem(title, quantity)
        self.quantity.setCurrentIndex(self.quantity.findData(self.wish.quantity))
        self.quantity.activated.connect(lambda row: self._wish(quantity=Quantity(self.quantity.itemData(row))))
        self.against = narrow(QComboBox(), 7)
        self.against.setToolTip("What the third maps show: declared less true, or after less before")
        for against, title in ((Against.TRUE, "less true"), (Against.BEFORE, "less before")):
            self.against.addItem(title, against)
        self.against.activated.connect(lambda row: self._wish(against=Against(self.against.itemData(row))))
        self.reference = narrow(QComboBox(), 9)
        self.reference.setToolTip("The rig of the model's format to compare with")
        self.reference.activated.connect(lambda row: self._wish(reference=self.reference.itemData(row)))
        self.sides = ElidedLabel()
        self.sides.setProperty("role", "muted")
        self.legend = LegendBar()
        self.badge = Badge()
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 5, 8, 3)
        bar.setSpacing(8)
        for widget in (self.pages, self.as_if, self.quantity, self.against, self.reference):
            bar.addWidget(widget)
        bar.addWidget(self.sides, 1)
        bar.addWidget(self.badge)
        self.tiles, self.maps = TruthTiles(), MapGroups()
        self.tiles.camera_chosen.connect(self.camera_chosen)
        self.histograms, self.ladder = Histograms(), Ladder()
        charts = QWidget()
        row = QHBoxLayout(charts)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.histograms, 3)
        row.addWidget(self.ladder, 2)
        self.stack = QStackedWidget()
        for page in (self.tiles, self.maps, charts):
            page.setObjectName("panel")
            self.stack.addWidget(scrolling(page))
        self.text = label(_EMPTY, "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.stack, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 2, 10, 5)
        foot.setSpacing(14)
        foot.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignTop)
        foot.addWidget(self.text, 1)
        column.addLayout(foot)
        self.show_study(None)

    def show_state(self, state: AppState) -> None:
        self.tiles.select(state.camera)
        project, sample = state.project, state.sample
        mode = project.recipe_for(sample.name).mode if project is not None and sample is not None else None
        if self._changed_mode(None if mode is None else str(mode)):
            self._fill_modes(mode)
        if sample is None:
            self.show_study(None)

    def _fill_modes(self, mode: Mode | None) -> None:
        self.as_if.clear()
        self.as_if.addItem(f"as it is ({mode})" if mode is not None else "as it is", None)
        for other in Mode:
            if other is not mode:
                self.as_if.addItem(f"as if {other}", other)
        if self.wish.as_if is mode:
            self._wish(as_if=None)
        row = self.as_if.findText(f"as if {self.wish.as_if}")
        self.as_if.setCurrentIndex(max(row, 0))

    def _mode_at(self, row: int) -> Mode | None:
        mode = self.as_if.itemData(row)
        return None if mode is None else Mode(mode)

    def show_study(self, study: Study | None) -> None:
        """None: there is nothing to show yet."""
        self.study = study
        page = self.wish.page if study is None else study.page
        self.quantity.setVisible(page is Page.CHANNELS)
        self.against.setVisible(page is Page.CHANNELS)
        self.reference.setVisible(page is Page.DISTRIBUTION)
        self.legend.show_legend(None if study is None else study.legend)
        self.stack.setCurrentIndex(max(int(page) - 1, 0))
        self.stack.setEnabled(study is not None)
        self.text.setText(_EMPTY if study is None else study.text)
        two = study is not None and len(study.titles) == 2
        self.sides.setText("left: {}, right: {}".format(*study.titles) if two and study is not None else "")
        verdict = None if study is None else study.verdict
        self.badge.setVisible(verdict is not None)
        if verdict is not None:
            self.badge.show_text(str(verdict), truth_colour(verdict, theme.current()))
        if study is None:
            return
        match study.page:
            case Page.RAYS | Page.BALL:
                self.tiles.show_tiles(study.tiles, study.titles)
            case Page.CHANNELS:
                self.maps.show_groups(study.groups)
            case Page.DISTRIBUTION:
                self._show_references(study)
                self.histograms.show_channels(study.histograms, study.reference, "".join(study.titles))
                self.ladder.show_marks(study.ladder)

    def _show_references(self, study: Study) -> None:
        if self.reference.count() != len(study.references):
            self.reference.clear()
            for name in study.references:
                self.reference.addItem(f"{name} rig", name)
        self.reference.setCurrentIndex(self.reference.findData(study.reference))

    def _wish(self, **changes: object) -> None:
        wanted = self.wish.replace(**changes)
        if wanted != self.wish:
            self.wish = wanted
            self.wished.emit(wanted)

    def explain(self) -> None:
        """The ball of a false mode beside that of the project's own."""
        own = self.as_if.itemData(1)  # the first other mode in the list
        false = next((mode for mode in (Mode.FORCED_K, own) if self.as_if.findData(mode) > 0), None)
        self.choose(self.wish.replace(page=Page.BALL, as_if=self.wish.as_if or false))

    def choose(self, wish: Wish) -> None:
        """As if a hand had chosen it."""
        self.pages.choose(int(wish.page))
        self.as_if.setCurrentIndex(max(self.as_if.findText(f"as if {wish.as_if}"), 0))
        self.quantity.setCurrentIndex(self.quantity.findData(wish.quantity))
        self.against.setCurrentIndex(self.against.findData(wish.against))
        self._wish(**{name: getattr(wish, name) for name in ("page", "as_if", "quantity", "against", "reference")})
