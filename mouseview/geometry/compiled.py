"""numba's compiler with a memory, where there is a place for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """``numba.njit(**options)`` whose machine code is kept between runs, beside the source or in the user's cache.

    Where neither can be written (an installation by root, run by a user without a home: containers, services) numba's
    own ``cache=True`` refuses to import the function; here it is compiled anew by every process instead.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        try:
            dispatcher.enable_caching()
        except RuntimeError as error:
            if "no locator available" not in str(error):
                raise
        return dispatcher

    return decorate
