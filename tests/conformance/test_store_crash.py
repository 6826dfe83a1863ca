"""A process that is killed amid its commits: every acknowledged one is there, none is doubled or half done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rng.store import Store
from tests.conformance.stores import STORES, Factory, run
from tests.conformance.test_store import history, once, start

pytestmark = pytest.mark.parametrize("name", STORES)

# How many acknowledgements are read before the kill: at once, while commits come thick, and after many groups.
KILLS = (1, 7, 40, 90, 25)


@pytest.fixture
def factory(name: str) -> Iterator[Factory]:
    """Return the factory of a store."""
    yield STORES[name]


def play_until_killed(
    name: str, folder: Path, seed_id: str, number: int, acknowledgements: int
) -> dict[str, list[str]]:
    """Run the process, kill it with SIGKILL after some acknowledgements, and return all that it gave."""
    arguments = [sys.executable, "-m", "tests.conformance.crashing", name, str(folder), seed_id, f"run{number}"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if len(lines) == acknowledgements:
                    break
            process.kill()
            # What was acknowledged before the kill and still stands in the pipe counts as well; a torn line does not.
            lines += [line for line in process.stdout if line.endswith("\n")]
        finally:
            process.kill()
    assert process.returncode == -9
    assert len(lines) >= acknowledgements
    return {line.split()[0]: line.split()[1:] for line in lines}


@pytest.mark.slow
def test_a_kill_loses_nothing_that_was_acknowledged_and_doubles_nothing(name: str, factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        await store.close()
        acknowledged: dict[str, list[str]] = {}
        for number, acknowledgements in enumerate(KILLS):
            acknowledged |= play_until_killed(name, factory.folder, epoch.seed_id, number, acknowledgements)
            async with factory.again() as reopened:
                documents = await history(reopened, epoch)
                digests = [document.digest for document in documents]
                assert len(set(digests)) == len(digests)
                # Three by three, in their order: no commit is half there, none has another one within.
                kinds = [document.kind for document in documents]
                assert kinds == ["receipt", "batch", "void"] * (len(kinds) // 3)
                triples = {tuple(digests[at : at + 3]) for at in range(0, len(digests), 3)}
                assert {tuple(triple) for triple in acknowledged.values()} <= triples
                # What was not acknowledged is there in full or not at all, and its key knows which.
                for key, triple in acknowledged.items():
                    answer = await reopened.recall(once(key, seed_id=epoch.seed_id))
                    assert answer is not None
                    assert [result.document.digest for result in answer if result.document is not None] == triple

    run(factory, body)
