"""Rows that `fairlot audit` takes in a second of one core, by format; and its memory beside the history's length.

Seconds are those of the processor, so that whatever else the machine does meanwhile counts as little as it can.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.result import Result
from rng.bulk import play_rows
from rng.games.loader import bundled_games
from rng.schemes import SCHEMES

FEW_ROWS = 100_000
ROWS = 1_000_000
MOST_ROWS = 5_000_000
STATEMENTS = 20_000
ROUNDS = 1000
"""Rounds of one server seed."""

_ROOT = Path(__file__).resolve().parent.parent
_AUDIT = """
import json, sys, time
from pathlib import Path
from certification.audit import audit, load_shelf
from certification.history import find_sources
from verifier import PinnedKey, Policy
keys = tuple(PinnedKey(public_key=bytes.fromhex(key), origin="") for key in sys.argv[2:])
shelf = load_shelf()
start = time.process_time()
summary = audit(find_sources([Path(sys.argv[1])]), shelf=shelf, policy=Policy(keys=keys), sample_seed=1)
seconds = time.process_time() - start
found = {"seconds": seconds, "rows": summary.rows, "refuted": summary.of("refuted"), "rounds": summary.rounds}
# Not from getrusage: its peak counts the process that started this one, too.
peak = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(json.dumps({**found, "peak_kib": int(peak[0])}))
"""


def write_table(path: Path, rows: int) -> None:
    """Write rounds of dice, 1000 to a seed, in pieces, as Parquet or CSV."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    rules = bundled_games()["dice"]
    parameters = {"direction": "under", "target": 5000}
    writer = None
    for first in range(0, rows, 250_000):
        count = min(250_000, rows - first)
        number = np.arange(first, first + count) // ROUNDS
        distinct, codes = np.unique(number, return_inverse=True)
        seeds = [hashlib.sha256(b"seed %d" % one).digest() for one in distinct]
        clients = [hashlib.sha256(b"client %d" % one).hexdigest()[:32] for one in distinct]
        nonces = np.arange(first, first + count) % ROUNDS
        columns = play_rows(
            SCHEMES["hmac-sha256/v1"],
            server_seeds=np.frombuffer(b"".join(seeds), dtype=np.uint8).reshape(-1, 32)[codes],
            client_seeds=[clients[code].encode() for code in codes],
            nonces=nonces,
            rules=rules,
            parameters=parameters,
        )
        texts = {
            "server_seed": [seeds[code].hex() for code in codes],
            "commitment": [hashlib.sha256(seeds[code]).hexdigest() for code in codes],
            "client_seed": [clients[code] for code in codes],
            "game": ["dice"] * count,
            "rules_digest": [rules.digest] * count,
            "parameters": [json.dumps(parameters, separators=(",", ":"))] * count,
        }
        values = {f"draws.{name}": draw for name, draw in columns.draws.items()}
        values |= {f"outcome.{name}": column.data for name, column in columns.outcome.items()}
        table = pa.table({**texts, "nonce": nonces, **values, "payout": columns.payout})
        if writer is None:
            made = parquet.ParquetWriter if path.suffix == ".parquet" else csv.CSVWriter
            writer = made(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def write_statements(path: Path, count: int) -> str:
    """Write the statements of one seed of dice, and return the operator's public key in hex."""
    from rng import epoch as life
    from rng import history
    from rng.rounds import prepare
    from rng.seeds import ClientSeed, ServerSeed
    from rng.signing import Ed25519Signer

    signer, rules = Ed25519Signer(bytes(range(32))), bundled_games()["dice"]
    seed, following = ServerSeed(bytes(32)), ServerSeed(bytes([1]) * 32)
    client, parameters = ClientSeed("a benchmark"), {"direction": "under", "target": 5000}
    opened = life.open_epoch(
        None,
        origin="bench.invalid/audit",
        tenant="bench",
        slot="0" * 32,
        time=1,
        signer=signer,
        scheme="hmac-sha256/v1",
        commitment=seed.commitment(),
        next_commitment=following.commitment(),
        rules={"dice": rules.digest},
        reveal_by=2**50,
        max_rounds=2**53 - 1,
    )
    state, activation = life.activate(opened, client_seed=client, source="player", time=2, signer=signer)
    player = prepare(SCHEMES["hmac-sha256/v1"], seed, client_seed=client, rules=rules, parameters=parameters)
    with path.open("wb") as file:
        file.write(opened.document.data + b"\n" + activation.data + b"\n")
        for nonce in range(count):
            played = player.play(nonce)
            state, document = history.draw(
                state,
                nonce=nonce,
                game="dice",
                rules_digest=rules.digest,
                parameters=parameters,
                draws=played.draws,
                outcome=played.outcome,
                payout=played.payout,
                time=3,
                signer=signer,
            )
            file.write(document.data + b"\n")
        state, document = life.reveal(state, server_seed=seed, time=4, signer=signer)
        file.write(document.data + b"\n")
    return signer.public_key.hex()


def _audited(path: Path, *keys: str) -> tuple[float, float]:
    """Return rows a second and the peak of memory in MiB, of an audit in a process of its own."""
    command = [sys.executable, "-c", _AUDIT, str(path), *keys]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    answer = json.loads(done.stdout)
    if answer["refuted"] or not answer["rounds"]:
        raise ValueError(f"{path.name}: the audit found {answer}")
    return answer["rows"] / answer["seconds"], answer["peak_kib"] / 1024


def _verified(count: int) -> float:
    """Return how many Ed25519 signatures libsodium verifies a second, of messages as long as a receipt's."""
    from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

    public, secret = crypto_sign_seed_keypair(bytes(range(32)))
    signed = crypto_sign(b"x" * 700, secret)
    start = time.process_time()
    for _ in range(count):
        crypto_sign_open(signed, public)
    return count / (time.process_time() - start)


def main() -> Iterator[Result]:
    """Measure tables of 100,000 to five million rows, and statements with and without their signatures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        memory: dict[tuple[str, int], float] = {}
        for kind in ("parquet", "csv"):
            for rows, times in ((FEW_ROWS, 1), (ROWS, 3), (MOST_ROWS, 1)):
                path = folder / f"history.{kind}"
                write_table(path, rows)
                rates = [_audited(path) for _ in range(times)]
                memory[kind, rows] = max(peak for _, peak in rates)
                note = f"dice, {rows:,} rows, {path.stat().st_size / rows:.0f} bytes a row, best of {times}, one core"
                yield Result(f"audit {kind}, {rows:,}", max(rate for rate, _ in rates), "rows/s", note)
                path.unlink()
            yield Result(f"memory, {kind}", memory[kind, FEW_ROWS], "MiB", f"{FEW_ROWS:,} rows, whole process")
            for rows in (ROWS, MOST_ROWS):
                ratio = memory[kind, rows] / memory[kind, FEW_ROWS]
                yield Result(f"memory, {kind}, long / short", ratio, "ratio", f"{rows:,} rows / {FEW_ROWS:,} rows")
        path = folder / "history.jsonl"
        key = write_statements(path, STATEMENTS)
        bare, _ = _audited(path)
        signed, _ = _audited(path, key)
        verified = _verified(5000)
        yield Result("audit statements, without signatures", bare, "lines/s", f"{STATEMENTS:,} receipts")
        yield Result("audit statements, with signatures", signed, "lines/s", "one process")
        yield Result("libsodium alone", verified, "verify/s", "crypto_sign_open, 700 bytes")
        both = 1 / (1 / signed - 1 / bare) if signed < bare else verified
        yield Result("signatures within the audit / libsodium", both / verified, "ratio", "time that they add")
