"""The stores that the conformance suite runs against: a further implementation adds a line to STORES."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

from rng.store import Store
from rng.store.sqlite import open_store


class SqliteFactory:
    """Open SQLite stores in a folder that is gone after the test."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """The place of the test that runs, for processes that open the same store."""
        assert self._folder is not None
        return self._folder

    @contextmanager
    def place(self) -> Iterator[None]:
        """Provide an empty place for one test."""
        with tempfile.TemporaryDirectory(prefix="fairlot-store-") as folder:
            self._folder = Path(folder)
            yield
            self._folder = None

    @asynccontextmanager
    async def again(self) -> AsyncIterator[Store]:
        """Open the store of this test, a second time with what the first left."""
        store = await open_store(self.folder / "fairlot.db")
        try:
            yield store
        finally:
            await store.close()


Factory = SqliteFactory
STORES: dict[str, Factory] = {"sqlite": SqliteFactory()}


def run(factory: Factory, body: Callable[[Store], Awaitable[None]]) -> None:
    """Run a test's body on an empty store, in an event loop of its own."""

    async def whole() -> None:
        context: AbstractAsyncContextManager[Store] = factory.again()
        async with context as store:
            await body(store)

    with factory.place():
        asyncio.run(whole())
