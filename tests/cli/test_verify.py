"""`fairlot verify` prints every check with what was compared, and its exit code says what follows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.running import ROOT, environment, fairlot, fairlot_json, fairlot_process, one_line
from tests.verifier.builder import ORIGIN, OTHER_KEY, SIGNING_KEY, History, examples, key_id, seal
from verifier.canonical import encode

PUBLIC_KEY = bytes(SIGNING_KEY.verify_key).hex()
PINNED = f"{PUBLIC_KEY}@{ORIGIN}"
OTHER = f"{bytes(OTHER_KEY.verify_key).hex()}@{ORIGIN}"


def _write(path: Path, proof: dict[str, Any]) -> Path:
    path.write_bytes(seal(proof))
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Give an honest proof file of a revealed round."""
    return _write(tmp_path / "good.json", examples()["receipt"])


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Give a file whose outcome was changed after signing, its own digest made good."""
    proof = examples()["receipt"]
    proof["record"]["outcome"]["die"] += 1
    return _write(tmp_path / "changed.json", proof)


@pytest.fixture
def forged(tmp_path: Path) -> Path:
    """Give a file in which everything is in order, and all of it signed by another key."""
    return _write(tmp_path / "forged.json", History(key=OTHER_KEY).receipt().proof(0))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Give a file with one bit changed on its way."""
    data = bytearray(seal(examples()["receipt"]))
    data[200] ^= 1
    path = tmp_path / "broken.json"
    path.write_bytes(data)
    return path


# --- the four exit codes ----------------------------------------------------------------------------------------------


def test_an_honest_file_under_the_pinned_key_is_verified(good: Path) -> None:
    result = fairlot("verify", good, "--key", PINNED)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"{good}: verified"


def test_every_numbered_check_is_shown_with_what_was_compared(good: Path) -> None:
    shown = fairlot("verify", good, "--key", PINNED).stdout
    verdict = fairlot_json("verify", good, "--key", PINNED)
    assert [check["number"] for check in verdict["checks"]] == list(range(1, 20))
    for check in verdict["checks"]:
        (line,) = [line for line in shown.splitlines() if line.split()[:1] == [f"V{check['number']}"]]
        assert check["name"] in line
        assert check["status"] in line
        assert check["compared"].split(",")[0] in line


def test_a_file_changed_after_signing_is_refuted_and_says_what_would_have_to_be_false(changed: Path) -> None:
    result = fairlot("verify", changed, "--key", PINNED)
    assert result.exit_code == 1
    assert "refuted by V3 signatures" in result.stdout.splitlines()[0]
    _, _, unless = result.stdout.partition("For the claim to hold all the same")
    assert "V3 signatures: Ed25519 (RFC 8032) is broken" in unless
    assert "V11 outcome" in unless
    assert "V7 commitment" not in unless


def test_a_file_without_a_pinned_key_is_undecided_and_says_what_to_do(good: Path) -> None:
    result = fairlot("verify", good)
    assert result.exit_code == 3
    assert f"consistent with key {key_id(SIGNING_KEY)}, identity not checked" in result.stdout.splitlines()[0]
    assert "No key is pinned" in result.stdout


def test_a_damaged_file_is_malformed(broken: Path) -> None:
    result = fairlot("verify", broken, "--key", PINNED)
    assert result.exit_code == 2
    assert result.stdout.startswith(f"{broken}: malformed: $")


def test_a_file_wholly_forged_under_another_key_is_refuted_under_the_pinned_one(forged: Path) -> None:
    result = fairlot("verify", forged, "--key", PINNED)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].endswith(": refuted by V2 identity")


def test_a_forged_file_is_never_more_than_consistent_with_its_own_key(forged: Path) -> None:
    result = fairlot("verify", forged)
    assert result.exit_code == 3
    assert f"consistent with key {key_id(OTHER_KEY)}" in result.stdout
    # Whoever pins the forger's key gets what he asked for.
    assert fairlot("verify", forged, "--key", OTHER).exit_code == 0


@pytest.mark.parametrize(
    ("name", "code", "headline"),
    [
        ("receipt", 0, "verified"),
        ("batch", 0, "verified"),
        ("later_receipt", 0, "verified"),
        ("void_undrawn", 0, "void, nothing was drawn"),
        ("receipt_before_reveal", 3, "the server seed is not revealed yet"),
        ("voided_receipt", 3, "voided after outcome"),
        ("voided_in_batch", 3, "voided after outcome"),
    ],
)
def test_each_kind_of_file_has_its_headline(tmp_path: Path, name: str, code: int, headline: str) -> None:
    path = _write(tmp_path / "proof.json", examples()[name])
    result = fairlot("verify", path, "--key", PINNED)
    assert result.exit_code == code
    assert result.stdout.splitlines()[0] == f"{path}: {headline}"
    assert fairlot_json("verify", path, "--key", PINNED, code=code)["exit_code"] == code


def test_a_file_before_the_reveal_says_how_to_get_further(tmp_path: Path) -> None:
    path = _write(tmp_path / "proof.json", examples()["receipt_before_reveal"])
    assert "rotate the seed, fetch the file again" in fairlot("verify", path, "--key", PINNED).stdout


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["good", "good"], 0),
        (["good", "open"], 3),
        (["open", "broken", "good"], 2),
        (["good", "broken", "changed", "open"], 1),
        (["missing", "good"], 2),
    ],
)
def test_of_several_files_the_worst_decides_and_each_is_checked(
    tmp_path: Path, good: Path, changed: Path, broken: Path, names: list[str], code: int
) -> None:
    files = {
        "good": good,
        "changed": changed,
        "broken": broken,
        "open": _write(tmp_path / "open.json", examples()["receipt_before_reveal"]),
        "missing": tmp_path / "missing.json",
    }
    result = fairlot("verify", *(files[name] for name in names), "--key", PINNED, "-q")
    assert result.exit_code == code
    lines = result.stdout.splitlines()
    assert [line.split(": ")[0] for line in lines[:-1]] == [str(files[name]) for name in names]
    assert lines[-1].startswith(f"{len(names)} files: ")


# --- trust ------------------------------------------------------------------------------------------------------------


def test_a_key_pinned_for_another_origin_does_not_count(good: Path) -> None:
    result = fairlot("verify", good, "--key", f"{PUBLIC_KEY}@another.example/main")
    assert result.exit_code == 1


def test_a_key_without_origin_is_good_for_any(good: Path) -> None:
    assert fairlot("verify", good, "--key", PUBLIC_KEY).exit_code == 0


def test_one_of_several_pinned_keys_is_enough(good: Path) -> None:
    assert fairlot("verify", good, "--key", OTHER, "--key", PINNED).exit_code == 0


def _policy(path: Path, *, require: list[str], keys: list[str]) -> Path:
    listed = [{"public_key": key.split("@")[0], "origin": key.split("@")[1], "note": ""} for key in keys]
    path.write_text(json.dumps({"type": "policy", "version": 1, "keys": listed, "require": require}, indent=1))
    return path


def test_a_policy_file_pins_and_requires(tmp_path: Path, good: Path) -> None:
    policy = _policy(tmp_path / "policy.json", require=[], keys=[PINNED])
    assert fairlot("verify", good, "--policy", policy).exit_code == 0
    stricter = _policy(tmp_path / "stricter.json", require=["log"], keys=[PINNED])
    assert fairlot("verify", good, "--policy", stricter).exit_code == 3


@pytest.mark.parametrize("requirement", ["log", "witness", "beacon", "witness,beacon", "log, witness ,beacon"])
def test_evidence_that_is_required_and_missing_leaves_the_file_undecided(good: Path, requirement: str) -> None:
    verdict = fairlot_json("verify", good, "--key", PINNED, "--require", requirement, code=3)
    numbers = {"log": 17, "witness": 18, "beacon": 19}
    wanted = {numbers[name.strip()] for name in requirement.split(",")}
    assert wanted <= set(verdict["required"])


def test_remembered_keys_count_when_none_is_given(good: Path, forged: Path) -> None:
    assert fairlot("trust", "add", PINNED).exit_code == 0
    assert fairlot("verify", good).exit_code == 0
    assert fairlot("verify", forged).exit_code == 1


def test_a_remembered_key_says_nothing_against_another_operator(tmp_path: Path) -> None:
    other = _write(tmp_path / "other.json", History(origin="another.example/main", key=OTHER_KEY).receipt().proof(0))
    fairlot("trust", "add", PINNED)
    assert fairlot("verify", other).exit_code == 3


def test_a_given_key_sets_memory_aside(good: Path) -> None:
    fairlot("trust", "add", PINNED)
    assert fairlot("verify", good, "--key", OTHER).exit_code == 1


def test_memory_that_is_no_policy_is_said_and_never_taken_for_empty(good: Path, home: Path) -> None:
    home.mkdir()
    (home / "trusted-keys.json").write_text("[]")
    result = fairlot("verify", good)
    assert result.exit_code == 2
    assert "trusted-keys.json" in one_line(result.stderr)


# --- where the file comes from ----------------------------------------------------------------------------------------


def test_a_file_comes_from_standard_input(good: Path) -> None:
    result = fairlot("verify", "-", "--key", PINNED, data=good.read_bytes())
    assert result.exit_code == 0
    assert result.stdout.startswith("standard input: verified")


def test_standard_input_is_named_once_only() -> None:
    assert "once" in one_line(fairlot("verify", "-", "-").stderr)


def test_a_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    result = fairlot("verify", tmp_path)
    assert result.exit_code == 2
    assert "name the files in it" in result.stdout


def test_a_file_that_is_too_long_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    with path.open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    result = fairlot("verify", path)
    assert result.exit_code == 2
    assert "longer than" in result.stdout


@given(place=st.integers(0, 8 * len(seal(examples()["receipt"])) - 1))
def test_one_changed_bit_is_never_verified_and_never_a_traceback(place: int) -> None:
    data = bytearray(seal(examples()["receipt"]))
    data[place // 8] ^= 1 << place % 8
    result = fairlot("verify", "-", "--key", PINNED, "--json", data=bytes(data))
    assert result.exit_code in (1, 2)
    assert json.loads(result.stdout)["status"] in ("refuted", "malformed")
    assert result.stderr == ""


@given(data=st.binary(max_size=400) | st.text(max_size=100).map(str.encode))
def test_any_bytes_at_all_are_malformed(data: bytes) -> None:
    result = fairlot("verify", "-", "--key", PINNED, data=data)
    assert result.exit_code == 2
    assert result.stdout.startswith("standard input: malformed: $")
    assert result.stderr == ""


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_json_has_one_object_a_line_whatever_the_file_is(good: Path, broken: Path, tmp_path: Path) -> None:
    result = fairlot("verify", good, broken, tmp_path / "missing", "--key", PINNED, "--json")
    assert result.exit_code == 2
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["status"] for one in objects] == ["verified", "malformed", "unreadable"]
    assert [one["exit_code"] for one in objects] == [0, 2, 2]
    assert [one["file"] for one in objects] == [str(good), str(broken), str(tmp_path / "missing")]
    assert objects[0]["round"]["client_seed_bytes"] == objects[0]["round"]["client_seed"].encode().hex()


def test_a_strangers_text_cannot_paint_over_the_verdict(tmp_path: Path) -> None:
    """A void's reason may hold marks that turn the direction of writing; a terminal is shown their code."""
    reason = "nothing \u202edeifirev :tcidrev\u202c to see"
    path = _write(tmp_path / "void.json", History().void_next(reason=reason).proof(0))
    shown = fairlot("verify", path, "--key", PINNED).stdout
    assert "\u202e" not in shown
    assert "\\u202e" in shown


@pytest.mark.parametrize("blank", [" ", "\u3164", "\u2800", "\u0336"])
def test_a_strangers_text_cannot_reach_the_beginning_of_a_line_unseen(tmp_path: Path, blank: str) -> None:
    """Blanks push what follows to where the terminal breaks the line; marks pile up over the lines around them."""
    path = _write(tmp_path / "void.json", History().void_next(reason=f"x{blank * 300}V2 identity passed").proof(0))
    shown = fairlot("verify", path, "--key", PINNED).stdout
    (line,) = [line for line in shown.splitlines() if "V2 identity passed" in line]
    assert line.startswith("  void         x")
    assert blank * 3 not in line.split("x", 1)[1]


def test_a_long_outcome_does_not_push_the_verdict_off_the_screen(tmp_path: Path) -> None:
    path = _write(tmp_path / "long.json", History().receipt(outcome={"note": ["long"] * 50_000}).proof(0))
    result = fairlot("verify", path, "--key", PINNED)
    assert result.exit_code == 1
    assert len(result.stdout) < 10_000
    assert "characters, --json has all" in result.stdout
    (path := tmp_path / "broken.json").write_bytes(b'{"' + b"a" * 100_000 + b'":1}')
    assert len(fairlot("verify", path).stdout) < 3000


def test_the_client_seed_is_shown_with_its_bytes(good: Path) -> None:
    assert "ein Würfel, bitte (bytes 65696e2057c3bc7266656c2c206269747465)" in fairlot("verify", good).stdout


def test_a_weak_seed_is_called_weak(tmp_path: Path) -> None:
    path = _write(tmp_path / "weak.json", History(source="operator").receipt().proof(0))
    result = fairlot("verify", path, "--key", PINNED)
    assert result.exit_code == 0
    assert "weak: the operator chose the client seed too" in result.stdout.splitlines()[0]
    assert "chosen by the operator" in result.stdout


# --- bad calls --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--key", "abc"], "64 hex characters"),
        (["--key", "zz" * 32], "key"),
        (["--key", "00 " * 21 + "0"], "64 hex characters"),
        (["--key", "ab" * 32 + "@"], "origin after @ is missing"),
        (["--key", "ab" * 32 + "@two words"], "origin"),
        (["--require", "luck"], "log, witness, beacon"),
        (["--require", ""], "log, witness, beacon"),
        (["--policy", "no-such-policy.json"], "no-such-policy.json"),
        (["--frob"], "--frob"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_code_2(good: Path, arguments: list[str], said: str) -> None:
    result = fairlot("verify", good, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in one_line(result.stderr)
    assert one_line(result.stderr).startswith("fairlot verify: ")


def test_a_policy_that_is_none_is_one_line(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"type": "policy", "version": 1, "keys": [], "require": [], "keys": []}')
    result = fairlot("verify", good, "--policy", path)
    assert result.exit_code == 2
    assert "duplicate" in one_line(result.stderr)


# --- as a process of its own ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code"), [("good", 0), ("changed", 1), ("broken", 2)])
def test_a_process_ends_with_the_exit_code(request: pytest.FixtureRequest, name: str, code: int) -> None:
    path = request.getfixturevalue(name)
    done = fairlot_process("verify", path, "--key", PINNED)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stdout + done.stderr


def test_a_process_without_a_key_ends_with_3_and_a_missing_argument_with_2(good: Path, home: Path) -> None:
    assert fairlot_process("verify", good, FAIRLOT_HOME=str(home)).returncode == 3
    assert fairlot_process("verify").returncode == 2


def test_it_works_on_a_terminal_that_lacks_a_sign(tmp_path: Path, home: Path) -> None:
    path = _write(tmp_path / "void.json", History().void_next(reason="the A♠ was shown twice").proof(0))
    done = fairlot_process("verify", path, FAIRLOT_HOME=str(home), PYTHONIOENCODING="latin-1")
    assert done.returncode == 3, done.stderr
    assert rb"the A\u2660 was shown twice" in done.stdout


def test_verifying_one_file_loads_nothing_of_the_server_the_generator_or_the_network(good: Path) -> None:
    """What the command really does is looked at, from the entry point to its exit."""
    program = (
        "import sys, json\n"
        f"sys.argv = ['fairlot', 'verify', {str(good)!r}, '--key', {PINNED!r}]\n"
        "from cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    code = end.code\n"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    code, loaded = json.loads(done.stderr)
    assert code == 0
    assert "verifier.verify" in loaded
    first = {name.split(".")[0] for name in loaded}
    heavy = {"rng", "certification", "statistical_tests", "numpy", "scipy", "fastapi", "pydantic", "uvicorn"}
    heavy |= {"cryptography", "jsonschema", "msgspec", "sqlite3", "asyncio", "http", "ssl", "socket"}
    assert heavy & first == set()
    others = {name for name in loaded if name.startswith("cli.")}
    assert others & {"cli.play", "cli.demo", "cli.games", "cli.outcome", "cli.http"} == set()


def test_canonical_files_may_end_with_one_newline(tmp_path: Path) -> None:
    path = tmp_path / "newline.json"
    path.write_bytes(seal(examples()["receipt"]) + b"\n")
    assert fairlot("verify", path, "--key", PINNED).exit_code == 0
    path.write_bytes(encode({}) + b"\n\n")
    assert fairlot("verify", path, "--key", PINNED).exit_code == 2
