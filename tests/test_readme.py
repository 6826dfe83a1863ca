"""The README's tour works as it stands: each of its blocks is run in a shell, in order, in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- tour: (.+?) -->\n```sh\n(.*?)```", README, re.DOTALL))

# A reader types the next command after a moment; the shell has to be told to wait.
WAIT_UNTIL_READY = """
service=$!
trap 'kill $service; wait $service || true' EXIT
for _ in $(seq 300); do python3 - <<'PROBE' && break || sleep 0.1; done
import os, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{os.environ['FAIRLOT_PORT']}/readyz", timeout=5)
PROBE
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(script: str, folder: Path, **settings: str) -> str:
    """Run a script of the README with this interpreter's `fairlot` on the path; it must not fail anywhere."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment(PATH=path, FAIRLOT_HOME=str(folder / "home"), **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tour_has_the_blocks_that_are_run_here() -> None:
    """A block that is renamed or added is noticed, so that none goes untested; the only other block names make."""
    assert list(BLOCKS) == ["operator", "engine", "player", "curl", "auditor", "by hand", "statistics"]
    assert len(re.findall(r"^```sh$", README, re.MULTILINE)) == len(BLOCKS)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_an_operator_an_engine_a_player_and_an_auditor_follow_the_tour(tmp_path: Path) -> None:
    """Keys, service, ten rounds; one verified, then one by curl; at last all of them again by the address alone."""
    port = str(free_port())
    blocks = [
        BLOCKS["operator"] + WAIT_UNTIL_READY,
        BLOCKS["engine"],
        BLOCKS["player"],
        BLOCKS["curl"],
        BLOCKS["auditor"],
    ]
    # The tour's port may be taken on this machine; the environment wins over the settings file.
    script = "".join(blocks).replace("127.0.0.1:8460", f"127.0.0.1:{port}")
    printed = run(script, tmp_path, FAIRLOT_PORT=port)
    assert "10 of 10 rounds" in printed
    verdicts = re.findall(r"^(\S+\.proof\.json): (.*)$", printed, re.MULTILINE)
    assert [headline for _, headline in verdicts] == ["verified", "verified"]
    assert verdicts[1][0] == "spin.proof.json"
    assert "audit: verified" in printed
    assert f"http://127.0.0.1:{port} lists 2 revealed seeds" in printed
    assert "11 computed again by the engine" in printed
    key = json.loads((tmp_path / "first-key.json").read_text(encoding="utf-8"))["api_key"]
    assert key not in printed


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_two_lines_of_openssl_give_the_first_block_of_a_round(tmp_path: Path) -> None:
    """The block computed by hand is the verifier's, and so is the roll that is read off it."""
    shown = run(BLOCKS["by hand"] + '\necho "by hand $game_key $block_0"\n', tmp_path)
    asked = next(line for line in BLOCKS["by hand"].splitlines() if line.startswith("fairlot outcome"))
    names = BLOCKS["by hand"].split("\n\n", 1)[0]
    traced = json.loads(run(f"{names}\n{asked} --trace --json", tmp_path))
    by_hand = re.search(r"^by hand (\w{64}) (\w{64})$", shown, re.MULTILINE)
    assert by_hand is not None
    assert by_hand.groups() == (traced["trace"]["game_key"], traced["trace"]["blocks"][0])
    assert f"roll {traced['outcome']['roll']}\n" in shown
    assert len(re.findall(r"^roll ", shown, re.MULTILINE)) == 1


def test_the_commands_of_statistics_judge_bits_and_outcomes(tmp_path: Path) -> None:
    """The README takes fresh seeds; here it is one seed, so that no run of many is refused by chance."""
    script = BLOCKS["statistics"].replace("fairlot stream ", f"fairlot stream --server-seed {'2a' * 32} ")
    shown = run(script, tmp_path)
    assert len(re.findall(r"^ .* NonOverlappingTemplate$", shown, re.MULTILINE)) == 148
    assert "PooledFrequency" in shown
    assert "WaldWolfowitzRuns" in shown
    assert len(re.findall(r"p-values together \(Holm\): the smallest is ", shown)) == 3
    assert shown.endswith("at the family-wise level 0.0001: not refused\n")
