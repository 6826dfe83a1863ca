"""Processor: the engines in which the kernel can hash, and which of them this computer runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rng.kernel import portable


@dataclass(frozen=True, slots=True)
class Engine:
    """Name the functions of one engine. They take checked arguments; the public functions are those of rng.kernel.

    Args:
        name: short name, which ``use`` takes.
        text: what it is, for people.
    """

    name: str
    text: str
    hmac_nonces: Callable[..., None]
    hmac_rounds: Callable[..., None]
    hmac_rows: Callable[..., None]
    sha256_rows: Callable[..., None]
    chain_steps: Callable[..., None]


_HASHLIB = Engine(
    name="hashlib",
    text="hashlib, row by row: nothing was compiled, or this was asked for",
    hmac_nonces=portable.hmac_nonces,
    hmac_rounds=portable.hmac_rounds,
    hmac_rows=portable.hmac_rows,
    sha256_rows=portable.sha256_rows,
    chain_steps=portable.chain_steps,
)


def available() -> tuple[Engine, ...]:
    """List the engines that this computer runs, the preferred one first; hashlib is always there, and last."""
    return (*_compiled(), _HASHLIB)


def _compiled() -> tuple[Engine, ...]:
    try:
        import rng.kernel._native as native
    except ModuleNotFoundError:
        # Where no compiler was, nothing was built. A compiled part that is there and broken is another error; it shows.
        return ()
    return tuple(
        Engine(
            name=name,
            text=f"native: {name}, {text}",
            hmac_nonces=partial(native.hmac_nonces, index),
            hmac_rounds=partial(native.hmac_rounds, index),
            hmac_rows=partial(native.hmac_rows, index),
            sha256_rows=partial(native.sha256_rows, index),
            chain_steps=partial(native.chain_steps, index),
        )
        for name, text, index in native.engines()
    )
