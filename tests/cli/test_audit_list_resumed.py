"""An audit of a whole service that is stopped goes on where it was, and never with files that changed meanwhile."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli.casino import KEY, Casino, serving, three_seeds
from tests.cli.running import COMMAND, environment, fairlot, fairlot_json, one_line


@pytest.fixture
def casino() -> Iterator[Casino]:
    """Serve three seeds."""
    with serving(three_seeds()[0]) as running:
        yield running


def command(casino: Casino, folder: Path) -> list[str | Path]:
    """Return an audit that can be gone on with."""
    return ["audit", casino.url, "--key", KEY, "--keep", folder / "kept", "--state", folder / "state"]


def stop_at(casino: Casino, path: str) -> None:
    """Send this process SIGINT, once, when a path is asked for."""

    def stop(query: dict[str, str], honest: Any) -> Any:
        del casino.lies[path]
        os.kill(os.getpid(), signal.SIGINT)
        return honest

    casino.lies[path] = stop


def stopped(casino: Casino, folder: Path, path: str) -> Result:
    """Run an audit that is stopped when a path is asked for."""
    stop_at(casino, path)
    result = fairlot(*command(casino, folder))
    assert result.exit_code == 130, result.output
    assert f"go on with the same command and --state {folder / 'state'}" in one_line(result.stderr)
    return result


def left(folder: Path) -> Path:
    """Return the one file that says how far a download was."""
    (path,) = (folder / "kept").glob("download-*.state")
    return path


def test_a_download_that_was_stopped_goes_on_behind_the_last_whole_page(casino: Casino, tmp_path: Path) -> None:
    first, second, third = casino.order
    stopped(casino, tmp_path, f"/v1/seeds/{third}")
    assert len(left(tmp_path).read_bytes().splitlines()) == 3
    casino.requests.clear()
    summary = fairlot_json(*command(casino, tmp_path))
    assert (summary["status"], summary["seeds"], summary["rounds"]) == ("verified", 3, 8)
    asked = " ".join(casino.requests)
    assert first not in asked
    assert second not in asked
    assert f"/v1/seeds/{third}" in asked
    # Nothing is left but the histories, so that a further audit begins anew.
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {f"{one}.jsonl" for one in casino.order}
    casino.add("new")
    assert fairlot_json(*command(casino, tmp_path))["seeds"] == 4


def test_when_everything_is_there_the_service_is_asked_for_nothing_more(casino: Casino, tmp_path: Path) -> None:
    stopped(casino, tmp_path, "/v1/games/little-dice")
    casino.requests.clear()
    # What is revealed meanwhile would make it another audit.
    casino.add("new")
    summary = fairlot_json(*command(casino, tmp_path))
    assert (summary["status"], summary["seeds"], casino.requests) == ("verified", 3, [])
    assert summary["listed"] == [{"url": casino.url, "seeds": 3}]


def test_what_was_found_before_the_stop_is_in_the_result(casino: Casino, tmp_path: Path) -> None:
    first, second, third = casino.order
    casino.refuse(second)
    casino.hide(first, shown=False)
    whole = fairlot_json("audit", casino.url, "--key", KEY, "--sample-seed", "7", code=1)
    stopped(casino, tmp_path, "/v1/games/little-dice")
    out = tmp_path / "list"
    again = fairlot_json(*command(casino, tmp_path), "--out", out, "--sample-seed", "7", code=1)
    assert again["discrepancies"] == whole["discrepancies"] == {"listing": {"refuted": 1, "undecided": 1}}
    found = {one["seed"]: one["status"] for one in map(json.loads, out.read_bytes().splitlines())}
    assert found == {second: "refuted", first: "undecided"}
    assert again["seeds"] == 1
    assert [Path(path).stem for path in again["files"]] == [third]


@pytest.mark.parametrize("place", [1, 2])
def test_a_hole_is_found_whichever_side_of_it_the_stop_was(casino: Casino, tmp_path: Path, place: int) -> None:
    first, _, third = casino.order
    fourth = casino.add("a", previous=third)
    casino.hide(third, shown=False)
    assert casino.order.index(fourth) == 2
    stopped(casino, tmp_path, f"/v1/seeds/{casino.order[place]}")
    summary = fairlot_json(*command(casino, tmp_path), code=3)
    assert summary["discrepancies"] == {"listing": {"undecided": 1}}
    assert first in casino.order


def test_a_line_that_was_cut_off_counts_as_not_written(casino: Casino, tmp_path: Path) -> None:
    stopped(casino, tmp_path, f"/v1/seeds/{casino.order[2]}")
    path = left(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    casino.requests.clear()
    assert fairlot_json(*command(casino, tmp_path))["rounds"] == 8
    asked = " ".join(casino.requests)
    assert casino.order[0] not in asked
    assert casino.order[1] in asked


def test_an_empty_state_is_one_that_was_cut_off_at_its_beginning(casino: Casino, tmp_path: Path) -> None:
    stopped(casino, tmp_path, f"/v1/seeds/{casino.order[2]}")
    left(tmp_path).write_bytes(b"")
    assert fairlot_json(*command(casino, tmp_path))["rounds"] == 8


@pytest.mark.parametrize("harm", ["longer", "gone"])
def test_a_history_that_is_not_as_it_was_downloaded_is_not_gone_on_with(
    casino: Casino, tmp_path: Path, harm: str
) -> None:
    stopped(casino, tmp_path, f"/v1/seeds/{casino.order[2]}")
    history = tmp_path / "kept" / f"{casino.order[0]}.jsonl"
    if harm == "gone":
        history.unlink()
    else:
        history.write_bytes(history.read_bytes() + b"\n")
    result = fairlot(*command(casino, tmp_path))
    assert result.exit_code == 2
    assert "is not as it was downloaded; remove" in one_line(result.stderr)
    left(tmp_path).unlink()
    assert fairlot(*command(casino, tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"7",
        b"{}",
        b'{"seeds":[["../../x","",null,3]],"found":[],"walk":[1,1,"",true]}',
        b'{"seeds":[7],"found":[],"walk":[1,1,"",true]}',
        b'{"seeds":[],"found":[{"x":1}],"walk":[1,1,"",true]}',
        b'{"seeds":[],"found":[],"walk":[1]}',
        b"\xff",
    ],
)
def test_a_state_that_is_damaged_is_said_and_not_gone_on_with(casino: Casino, tmp_path: Path, line: bytes) -> None:
    stopped(casino, tmp_path, f"/v1/seeds/{casino.order[2]}")
    path = left(tmp_path)
    head, *_ = path.read_bytes().splitlines()
    path.write_bytes(head + b"\n" + line + b"\n")
    result = fairlot(*command(casino, tmp_path))
    assert result.exit_code == 2
    assert "remove it" in one_line(result.stderr)


def test_the_state_of_another_version_is_said_and_not_gone_on_with(casino: Casino, tmp_path: Path) -> None:
    stopped(casino, tmp_path, f"/v1/seeds/{casino.order[2]}")
    path = left(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 2', 1))
    result = fairlot(*command(casino, tmp_path))
    assert result.exit_code == 2
    assert "of another kind" in one_line(result.stderr)


def test_the_state_of_another_service_is_not_that_of_this_one(casino: Casino, tmp_path: Path) -> None:
    stopped(casino, tmp_path, f"/v1/seeds/{casino.order[2]}")
    other = Casino()
    other.add("z", rounds=1)
    with serving(other):
        assert fairlot_json(*command(other, tmp_path))["seeds"] == 1
    assert fairlot_json(*command(casino, tmp_path))["seeds"] == 3


def test_without_a_state_nothing_is_left_of_a_download_that_was_stopped(
    casino: Casino, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    stop_at(casino, f"/v1/seeds/{casino.order[1]}")
    result = fairlot("audit", casino.url, "--key", KEY)
    assert result.exit_code == 130
    assert "--state FILE would keep it" in one_line(result.stderr)
    assert list(temporary.iterdir()) == []
    # With a folder to keep them in, the histories that came stay, and nothing that a later run would go on from.
    stop_at(casino, f"/v1/seeds/{casino.order[1]}")
    assert fairlot("audit", casino.url, "--key", KEY, "--keep", tmp_path / "kept").exit_code == 130
    assert not list((tmp_path / "kept").glob("*.state"))


def test_named_seeds_are_downloaded_again_and_the_audit_goes_on(casino: Casino, tmp_path: Path) -> None:
    named = ["--seed", casino.order[2], "--with-previous"]
    stop_at(casino, "/v1/games/little-dice")
    assert fairlot(*command(casino, tmp_path), *named).exit_code == 130
    summary = fairlot_json(*command(casino, tmp_path), *named)
    assert (summary["status"], summary["seeds"], summary["listed"]) == ("verified", 2, [])


def test_the_bar_shows_the_download_on_a_terminal(casino: Casino) -> None:
    master, slave = pty.openpty()
    arguments = [*COMMAND, "audit", casino.url, "--key", KEY]
    with subprocess.Popen(arguments, env=environment(), stderr=slave, stdout=subprocess.DEVNULL) as process:
        os.close(slave)
        seen = b""
        try:
            while chunk := os.read(master, 4096):
                seen += chunk
        except OSError:  # the other end is closed
            pass
    os.close(master)
    assert process.returncode == 0
    assert re.search(rb"downloading \[[#.]+\] +\d+%  [\d,]+ rows/s  \S+ left", seen), seen


def test_what_two_runs_left_in_one_folder_is_refused_and_not_held_against_the_service(
    casino: Casino, tmp_path: Path
) -> None:
    stopped(casino, tmp_path, f"/v1/seeds/{casino.order[2]}")
    state = left(tmp_path)
    head, first, second = state.read_bytes().splitlines(keepends=True)
    for lines in ([first, first, second], [first, second, first], [first, second, second]):
        state.write_bytes(b"".join([head, *lines]))
        result = fairlot(*command(casino, tmp_path))
        assert result.exit_code == 2
        assert "is no state of a download, or is damaged (a seed comes twice)" in one_line(result.stderr)


def test_a_link_in_the_folder_is_replaced_and_what_it_leads_to_is_left_alone(casino: Casino, tmp_path: Path) -> None:
    folder, other = tmp_path / "kept", tmp_path / "other"
    folder.mkdir()
    other.write_text("of somebody else")
    (folder / f"{casino.order[0]}.jsonl").symlink_to(other)
    (folder / f"{casino.order[1]}.jsonl").hardlink_to(other)
    assert fairlot_json(*command(casino, tmp_path))["status"] == "verified"
    assert other.read_text() == "of somebody else"
    assert not (folder / f"{casino.order[0]}.jsonl").is_symlink()
