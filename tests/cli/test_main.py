"""The command as a whole: help without loading, failures in one line, colours only where they are wanted."""

from __future__ import annotations

import importlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import main
from cli.errors import CliError, worst
from cli.main import COMMANDS, cli
from cli.output import harmless, table
from tests.cli.running import COMMAND, ROOT, environment, fairlot, fairlot_process, one_line
from tests.verifier.builder import examples, seal


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_module_and_says_what_its_line_in_the_help_says(name: str) -> None:
    command = importlib.import_module(f"cli.{name}").command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("serve", "keys")])
def test_each_command_has_help(name: str) -> None:
    result = fairlot(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: fairlot {name}")


def test_every_command_with_an_answer_can_give_it_as_json() -> None:
    for name in COMMANDS:
        command = importlib.import_module(f"cli.{name}").command
        below = list(command.commands.values()) if isinstance(command, click.Group) else [command]
        for one in below:
            options = {option for parameter in one.params for option in parameter.opts}
            # What is passed on to the service's own program has its options there; a stream is no answer.
            assert "--json" in options or name in ("serve", "keys", "stream"), one.name


def test_help_loads_no_command() -> None:
    program = (
        "import sys; from cli.main import main\n"
        "sys.argv = ['fairlot', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted(n for n in sys.modules if n.startswith(('cli.', 'rng'))), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "['cli.errors', 'cli.main', 'cli.output']"
    assert all(name in done.stdout for name in COMMANDS)


def test_without_a_command_there_is_help_and_exit_code_2() -> None:
    result = fairlot()
    assert result.exit_code == 2
    assert "Usage: fairlot" in result.stderr
    assert "verify" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["--frob"], "--frob"),
        (["verify"], "FILE"),
        (["commit"], "--server-seed"),
        (["outcome", "--game", "dice"], "--server-seed"),
        (["outcome", "--server-seed", "ab" * 32, "--client-seed", "c", "--nonce", "-1"], "-1"),
        (["outcome", "--server-seed", "ab" * 32, "--client-seed", "c", "--nonce", "x"], "'x'"),
        (["trust", "forget"], "forget"),
    ],
)
def test_a_usage_error_is_one_line_that_points_to_the_help(arguments: list[str], said: str) -> None:
    result = fairlot(*arguments)
    assert result.exit_code == 2
    line = one_line(result.stderr)
    assert said in line
    assert "--help" in line


def test_the_version_is_shown() -> None:
    result = fairlot("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("fairlot")


# --- failures ---------------------------------------------------------------------------------------------------------


class _Unforeseen(Exception):
    pass


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commitment fail in a way that nobody foresaw, with a secret in its text."""

    def fail(text: str) -> bytes:
        raise _Unforeseen(f"the seed {text} fell into the sea")

    monkeypatch.setattr("cli.commit.read_server_seed", fail)


@pytest.mark.usefixtures("failing")
def test_an_unforeseen_error_is_one_line_without_what_it_knows() -> None:
    result = fairlot("commit", "--server-seed", "ab" * 32)
    assert result.exit_code == 2
    assert "internal error (_Unforeseen)" in one_line(result.stderr)
    assert "abab" not in result.stderr


@pytest.mark.usefixtures("failing")
def test_with_debug_the_traceback_is_shown_and_the_exit_code_stays() -> None:
    result = CliRunner().invoke(cli, ["commit", "--server-seed", "ab" * 32], env={"FAIRLOT_DEBUG": "1"})
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert "fell into the sea" in result.stderr


def test_an_interrupt_is_neither_verified_nor_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(text: str) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.commit.read_server_seed", interrupt)
    result = fairlot("commit", "--server-seed", "ab" * 32)
    assert result.exit_code == 130
    assert "stopped" in result.stderr


def test_an_error_of_several_lines_becomes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> bytes:
        raise CliError("first\n\x1b[2Jsecond")

    monkeypatch.setattr("cli.commit.read_server_seed", fail)
    assert one_line(fairlot("commit", "--server-seed", "-").stderr) == r"fairlot commit: first \x1b[2Jsecond"


@pytest.mark.parametrize(
    ("codes", "code"),
    [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 2, 0], 2), ([0, 3, 2, 1], 1), ([1, 2], 1)],
)
def test_the_worst_of_several_exit_codes_wins(codes: list[int], code: int) -> None:
    assert worst(codes) == code


def test_a_reader_that_goes_away_is_no_verdict(tmp_path: Path) -> None:
    """`fairlot verify FILE... | head -1` must not end with 1, which says refuted, nor with a traceback."""
    path = tmp_path / "proof.json"
    path.write_bytes(seal(examples()["receipt"]))
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "verify", *[str(path)] * 3],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment(FAIRLOT_HOME=str(tmp_path)),
        check=False,
    )
    os.close(writer)
    assert done.returncode == 2
    assert done.stderr == b""


# --- colours ----------------------------------------------------------------------------------------------------------


def _on_a_terminal(path: Path, **more: str) -> bytes:
    """Run `fairlot verify` with a pseudo-terminal as its standard output, and return what came there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "verify", str(path)],
        stdout=slave,
        stderr=slave,
        stdin=subprocess.DEVNULL,
        env=environment(TERM="xterm", FAIRLOT_HOME=str(path.parent), **more),
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # Linux says so at the end
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    assert process.wait(timeout=60) == 3
    return seen


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """Give a proof file."""
    path = tmp_path / "proof.json"
    path.write_bytes(seal(examples()["receipt"]))
    return path


def test_a_terminal_gets_colours(proof: Path) -> None:
    assert b"\x1b[32m" in _on_a_terminal(proof)


def test_no_color_is_respected(proof: Path) -> None:
    assert b"\x1b[" not in _on_a_terminal(proof, NO_COLOR="1")


def test_a_pipe_gets_no_colours(proof: Path, tmp_path: Path) -> None:
    assert b"\x1b[" not in fairlot_process("verify", proof, FAIRLOT_HOME=str(tmp_path)).stdout


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Würfel ♠", "Würfel ♠"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb", r"a\nb"),
        ("a\u202eb", r"a\u202eb"),
        ("a\ud800b", r"a\ud800b"),
    ],
)
def test_what_a_terminal_would_not_simply_print_is_escaped(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_tables_are_aligned_and_escaped() -> None:
    assert table([("a", "1"), ("b\n", "200")], header=("name", "n"), right=(1,)) == [
        "name    n",
        "a       1",
        "b\\n   200",
    ]
    assert table([]) == []


def test_no_module_of_the_command_prints_by_itself() -> None:
    assert main.__file__ is not None
    for path in Path(main.__file__).parent.glob("*.py"):
        assert "print(" not in path.read_text(encoding="utf-8").replace("traceback.print_exception(", ""), path
