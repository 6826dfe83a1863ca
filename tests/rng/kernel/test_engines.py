"""Engines: which there are, which is in use, how another is chosen, and many threads on one."""

from __future__ import annotations

import builtins
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rng import kernel
from rng.kernel.processor import available
from tests.rng.kernel.reference import digest, on_every_engine, using


def test_hashlib_is_always_there_and_the_last_choice() -> None:
    assert kernel.engines()[-1] == "hashlib"
    assert len(set(kernel.engines())) == len(kernel.engines())


def test_the_engine_in_use_says_its_name() -> None:
    for name in kernel.engines():
        with using(name):
            assert kernel.engine().startswith("hashlib" if name == "hashlib" else f"native: {name}, ")


def test_choosing_gives_the_name_of_the_one_before() -> None:
    with using("hashlib"):
        assert kernel.use("hashlib") == "hashlib"


def test_an_engine_that_is_not_there_is_refused_by_name() -> None:
    before = kernel.engine()
    with pytest.raises(ValueError, match=r"no engine is named 'abacus' here; there are .*hashlib"):
        kernel.use("abacus")
    assert kernel.engine() == before


def test_where_nothing_was_compiled_hashlib_is_the_only_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_native(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "rng.kernel._native":
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without_native)
    assert [engine.name for engine in available()] == ["hashlib"]


def test_a_compiled_part_that_is_broken_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def broken_native(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "rng.kernel._native":
            raise ImportError("undefined symbol")
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", broken_native)
    with pytest.raises(ImportError, match="undefined symbol"):
        available()


def test_here_something_was_compiled() -> None:
    """Or this suite would hold hashlib against itself and say nothing."""
    if len(kernel.engines()) == 1:
        pytest.skip("no compiler was there when fairlot was installed")
    assert "lanes" in kernel.engines()


@on_every_engine
def test_threads_do_not_disturb_each_other(engine: str) -> None:
    def work(worker: int) -> bool:
        key = bytes([worker]) * 32
        found = bytes(kernel.hmac_nonces(key, prefix=b"t:", first_nonce=90, count=300))
        return found == b"".join(digest(key, b"t:%d:0" % nonce) for nonce in range(90, 390))

    with using(engine), ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))
