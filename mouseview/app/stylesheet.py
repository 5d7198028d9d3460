"""The style sheet of the window, written from the tokens."""

from __future__ import annotations

from mouseview.app.tokens import Tokens


def style_sheet(t: Tokens, icons: str) -> str:
    """``icons``: folder of the bundled SVG files, with forward slashes."""
    shade = "dark" if t.dark else "light"
    return f"""
* {{ outline: none; }}
QMainWindow, QDialog {{ background: {t.window}; }}
QMainWindow::separator {{ background: {t.window}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {t.accent}; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; padding: 5px 7px; }}

QMenuBar {{ background: {t.window}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {t.hover}; }}
QMenu {{ background: {t.raised}; border: 1px solid {t.border}; padding: 5px; }}
QMenu::item {{ padding: 5px 26px 5px 8px; border-radius: 4px; }}
QMenu::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
QMenu::separator {{ height: 1px; background: {t.border}; margin: 5px 6px; }}
QMenu::icon {{ padding-left: 8px; }}

QToolBar {{ background: {t.window}; border: none; padding: 3px 6px; spacing: 2px; }}
QToolBar::separator {{ background: {t.border}; width: 1px; margin: 5px 6px; }}
QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 4px; }}
QToolButton:hover {{ background: {t.hover}; }}
QToolButton:pressed {{ background: {t.border}; }}
QToolButton:checked {{ background: {t.selected}; color: {t.accent}; }}
QToolButton:disabled {{ color: {t.faint}; }}
QToolButton::menu-indicator {{ image: none; }}
QToolButton[segment="true"] {{ border: 1px solid {t.border}; background: {t.raised};
  padding: 3px 10px; border-radius: 0; }}
QToolButton[segment="true"]:hover {{ background: {t.hover}; }}
QToolButton[segment="true"]:checked {{ background: {t.selected}; border-color: {t.accent}; color: {t.accent}; }}
QToolButton[segmentEdge="left"] {{ border-top-left-radius: 5px; border-bottom-left-radius: 5px; }}
QToolButton[segmentEdge="right"] {{ border-top-right-radius: 5px; border-bottom-right-radius: 5px; }}

QDockWidget {{ color: {t.text}; }}
QWidget#dockTitle {{ background: {t.panel}; border-bottom: 1px solid {t.border}; }}
QWidget#dockBody, QWidget#panel {{ background: {t.panel}; }}
QLabel#dockTitleText {{ font-weight: 600; }}
QTabBar {{ background: {t.window}; qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {t.muted}; padding: 5px 12px; border: none;
  border-top-left-radius: 5px; border-top-right-radius: 5px; margin-right: 1px; }}
QTabBar::tab:hover {{ color: {t.text}; background: {t.hover}; }}
QTabBar::tab:selected {{ background: {t.panel}; color: {t.text}; font-weight: 600; }}

QPushButton {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 5px; padding: 5px 12px; }}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed {{ background: {t.border}; }}
QPushButton:focus {{ border-color: {t.accent}; }}
QPushButton:disabled {{ color: {t.faint}; }}
QPushButton[primary="true"] {{ background: {t.accent}; color: {t.on_accent}; border-color: {t.accent};
  font-weight: 600; }}
QPushButton[primary="true"]:hover {{ background: {t.accent}; border-color: {t.text}; }}
QPushButton[primary="true"]:disabled {{ background: {t.hover}; color: {t.faint}; border-color: {t.border}; }}
QPushButton[link="true"] {{ background: transparent; border: none; color: {t.accent}; padding: 3px 4px;
  text-align: left; }}
QPushButton[link="true"]:hover {{ text-decoration: underline; }}

QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QPlainTextEdit, QTextEdit {{ background: {t.raised};
  border: 1px solid {t.border}; border-radius: 5px; padding: 3px 7px; selection-background-color: {t.accent};
  selection-color: {t.on_accent}; }}
QLineEdit, QComboBox {{ min-height: 18px; }}
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus {{ border-color: {t.accent}; }}
QComboBox:hover {{ background: {t.hover}; }}
QComboBox:disabled, QLineEdit:disabled {{ color: {t.faint}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url({icons}/chevron-{shade}.svg); width: 10px; height: 10px; }}
QAbstractSpinBox {{ padding-right: 18px; min-height: 18px; }}
QAbstractSpinBox:focus {{ border-color: {t.accent}; }}
QAbstractSpinBox:disabled {{ color: {t.faint}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border; border: none; width: 18px; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; border-top-right-radius: 5px; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; border-bottom-right-radius: 5px; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {t.hover}; }}
QAbstractSpinBox::up-arrow {{ image: url({icons}/chevron-up-{shade}.svg); width: 9px; height: 9px; }}
QAbstractSpinBox::down-arrow {{ image: url({icons}/chevron-{shade}.svg); width: 9px; height: 9px; }}
QComboBox QAbstractItemView {{ background: {t.raised}; border: 1px solid {t.border}; padding: 3px;
  selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}

QCheckBox {{ spacing: 6px; }}
QCheckBox::indicator, QListView::indicator {{ width: 13px; height: 13px; border: 1px solid {t.faint};
  border-radius: 3px;
  background: {t.raised}; }}
QCheckBox::indicator:hover {{ border-color: {t.accent}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
  image: url({icons}/tick-{shade}.svg); }}

QAbstractItemView {{ background: {t.panel}; border: none; selection-background-color: {t.selected};
  selection-color: {t.text}; alternate-background-color: {t.raised}; }}
QHeaderView {{ background: {t.panel}; border: none; }}
QHeaderView::section {{ background: {t.panel}; color: {t.muted}; border: none; border-bottom: 1px solid {t.border};
  padding: 4px 8px; }}
QTableCornerButton::section {{ background: {t.panel}; border: none; }}

QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.border}; border-radius: 3px; min-height: 28px; min-width: 28px; margin: 2px; }}
QScrollBar::handle:hover {{ background: {t.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent;
  border: none; width: 0; height: 0; }}
QAbstractScrollArea::corner {{ background: transparent; }}
QScrollArea {{ background: {t.panel}; border: none; }}

QSlider::groove:horizontal {{ height: 3px; background: {t.border}; border-radius: 1px; }}
QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 1px; }}
QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -5px 0; border-radius: 6px; background: {t.raised};
  border: 1px solid {t.faint}; }}
QSlider::handle:horizontal:hover {{ border-color: {t.accent}; }}
QSlider:disabled {{ background: transparent; }}
QProgressBar {{ background: {t.border}; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
QStatusBar {{ background: {t.window}; color: {t.muted}; }}
QStatusBar::item {{ border: none; }}

QLabel[role="muted"] {{ color: {t.muted}; }}
QLabel[role="faint"] {{ color: {t.faint}; }}
QLabel[role="warning"] {{ color: {t.warn}; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="section"] {{ color: {t.muted}; font-weight: 600; }}
QLabel[role="title"] {{ font-size: 26px; font-weight: 600; }}
QDialog#palette {{ border: 1px solid {t.border}; }}
QFrame#card {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 7px; }}
QFrame#message {{ background: {t.raised}; border: 1px solid {t.bad}; border-radius: 7px; }}
QFrame#notice {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 7px; }}
QFrame#rule {{ background: {t.border}; max-height: 1px; min-height: 1px; border: none; }}
QWidget#sceneBar {{ background: {t.panel}; border-bottom: 1px solid {t.border}; }}
QWidget#readout {{ background: {t.panel}; border-top: 1px solid {t.border}; }}
QWidget#welcome {{ background: {t.panel}; }}
"""
