"""Which engine computes: the compiled part where it was built, in the widest vectors of the processor, else numpy."""

from __future__ import annotations

from types import ModuleType

from statistical_tests.errors import BadInput

_built: ModuleType | None
try:
    from statistical_tests.kernel import _native

    _built = _native
except ImportError:  # without a compiler the build goes on
    _built = None

_LANES: tuple[str, ...] = () if _built is None else tuple(_built.lanes())
_ENGINES = (*(f"native-{name}" for name in _LANES), "numpy")
_in_use = _ENGINES[0]


def engine() -> str:
    """Say which engine is in use: `native-` and the vectors it works in, or `numpy`."""
    return _in_use


def engines() -> tuple[str, ...]:
    """List the engines that are here, the preferred one first; `numpy` is always there."""
    return _ENGINES


def use(name: str) -> str:
    """Choose the engine for the whole process, and return the name of the one before.

    Raises:
        BadInput: there is no engine of that name here; the message lists those there are.
    """
    global _in_use  # noqa: PLW0603  # the choice is the process's
    if name not in _ENGINES:
        raise BadInput(f"no engine {name!r} here: there are {', '.join(_ENGINES)}")
    before = _in_use
    if _built is not None and name != "numpy":
        _built.use_lanes(_ENGINES.index(name))
    _in_use = name
    return before


def compiled() -> ModuleType | None:
    """Return the compiled part if it is in use, else None: then the caller computes with numpy."""
    return None if _in_use == "numpy" else _built
