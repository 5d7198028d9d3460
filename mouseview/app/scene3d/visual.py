"""What every visual is: rebuilt when its sources changed, drawn for every picture."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from mouseview.app.scene3d.programs import Frame, Kit, Lines, Segments
from mouseview.app.scene3d.scene import Scene


class Visual(ABC):
    """Rebuilt by ``build`` when ``sources`` changed, drawn by ``draw`` for every picture."""

    def __init__(self, kit: Kit) -> None:
        self._last: tuple[object, ...] | None = None

    def update(self, scene: Scene) -> bool:
        """Whether anything was rebuilt."""
        sources = self.sources(scene)
        if self._last is not None and all(_unchanged(a, b) for a, b in zip(self._last, sources, strict=True)):
            return False
        self._last = sources
        self.build(scene)
        return True

    @abstractmethod
    def sources(self, scene: Scene) -> tuple[object, ...]: ...

    @abstractmethod
    def build(self, scene: Scene) -> None: ...

    @abstractmethod
    def draw(self, frame: Frame) -> None: ...


def _unchanged(a: object, b: object) -> bool:
    if a is b:
        return True
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_unchanged(p, q) for p, q in zip(a, b, strict=True))
    return not isinstance(a, np.ndarray) and type(a) is type(b) and bool(a == b)


class LinesVisual(Visual):
    """A thing made of lines alone."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._lines = Lines(kit)

    @abstractmethod
    def segments(self, scene: Scene) -> list[Segments]: ...

    def build(self, scene: Scene) -> None:
        self._lines.set(Segments.joined(self.segments(scene)))

    def draw(self, frame: Frame) -> None:
        self._lines.draw(frame)
