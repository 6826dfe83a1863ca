"""Which engine computes: the compiled part where it was built, else numpy."""

from __future__ import annotations

from types import ModuleType

from statistical_tests.errors import BadInput

_built: ModuleType | None
try:
    from statistical_tests.kernel import _native

    _built = _native
except ImportError:  # without a compiler the build goes on
    _built = None

_in_use: ModuleType | None = _built


def engine() -> str:
    """Say which engine is in use: `native` or `numpy`."""
    return "numpy" if _in_use is None else "native"


def engines() -> tuple[str, ...]:
    """List the engines that are here, the preferred one first; `numpy` is always there."""
    return ("numpy",) if _built is None else ("native", "numpy")


def use(name: str) -> str:
    """Choose the engine for the whole process, and return the name of the one before.

    Raises:
        BadInput: there is no engine of that name here; the message lists those there are.
    """
    global _in_use  # noqa: PLW0603  # the choice is the process's
    if name not in engines():
        raise BadInput(f"no engine {name!r} here: there are {', '.join(engines())}")
    before = engine()
    _in_use = _built if name == "native" else None
    return before


def compiled() -> ModuleType | None:
    """Return the compiled part if it is in use, else None: then the caller computes with numpy."""
    return _in_use
