"""HMAC-SHA256 blocks a second on one core: the kernel's engines beside what else computes them, in turns in one run.

The work is the same for all: one key, the messages `player seed:{nonce}:0` of consecutive nonces formed inside, their
digests one after another in a buffer. Each figure is of the fastest turn, the one that others disturbed least. Where
something else is not on this system, its line says that it was skipped.
"""

from __future__ import annotations

import hmac
import shutil
import subprocess
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.result import Result
from rng import kernel

KEY = b"benchmark key of 32 bytes, known"
PREFIX = b"player seed:"
FIRST = 1_234_567
SLOW, FAST = 20_000, 1_000_000  # messages of one turn
TURNS = 9
NANOSECONDS = 1e9

NODE = """
const crypto = require("crypto");
const [key, prefix, first, count] = [process.argv[1], process.argv[2], +process.argv[3], +process.argv[4]];
const out = Buffer.alloc(32 * count);
let best = Infinity;
for (let turn = 0; turn < 7; turn++) {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < count; i++)
    crypto.createHmac("sha256", key).update(prefix + (first + i) + ":0").digest().copy(out, 32 * i);
  best = Math.min(best, Number(process.hrtime.bigint() - begin) / count);
}
console.log(best, out.subarray(32 * (count - 1)).toString("hex"));
"""


def main() -> Iterator[Result]:
    """Measure all, and give each a line of its own and its ratio to hmac.digest."""
    loops: dict[str, Callable[[int], None]] = {
        "hmac.digest": _hmac_digest,
        "hmac.digest, messages formed before": _hmac_digest_alone,
        "keyed copy()": _keyed_copy,
        "cryptography, keyed copy()": _cryptography,
    }
    compiled = [name for name in kernel.engines() if name != "hashlib"]
    times: dict[str, list[float]] = {}
    before = kernel.use("hashlib")
    try:
        for _ in range(TURNS):
            for name, loop in loops.items():
                times.setdefault(name, []).append(_nanoseconds(loop, SLOW))
            for engine in compiled:
                kernel.use(engine)
                times.setdefault(f"kernel, {engine}", []).append(_nanoseconds(_kernel, FAST))
                _require_digest(_OUT[32 * (FAST - 1) : 32 * FAST].hex(), FAST, engine)
        digest = min(times["hmac.digest"])
        for name, spent in times.items():
            yield _line(name, min(spent), digest)
        openssl = _openssl_loop()
        others = {"C loop over OpenSSL": openssl, "Node's crypto": _node(), "openssl speed, two blocks": _speed()}
        for name, found in others.items():
            yield _line(name, found, digest) if found else Result(f"{name}: skipped, not here", 0, "M/s")
        if openssl and compiled:
            fastest = min(min(times[f"kernel, {engine}"]) for engine in compiled)
            yield Result("fastest engine / C loop over OpenSSL", openssl / fastest, "ratio")
        yield from _other_functions(compiled)
    finally:
        kernel.use(before)


def _line(name: str, nanoseconds: float, digest: float) -> Result:
    return Result(name, 1000 / nanoseconds, "M/s", f"{digest / nanoseconds:.1f} times hmac.digest")


def _other_functions(engines: list[str]) -> Iterator[Result]:
    """Measure the other functions on the preferred engine; rows have keys and prefixes of their own."""
    if not engines:
        return
    kernel.use(engines[0])
    rows, label = 200_000, b"fairlot/hash-chain/v1/link"
    keys, same, prefixes = bytes(kernel.sha256_rows(array("q", range(rows)), width=8)), KEY * rows, PREFIX * rows
    offsets, nonces = array("q", range(0, 12 * rows + 1, 12)), array("q", range(rows))
    out = bytearray(32 * rows)
    work: dict[str, Callable[[], object]] = {
        "four blocks a nonce": lambda: kernel.hmac_nonces(
            KEY, prefix=PREFIX, first_nonce=FIRST, count=rows // 4, blocks=4, out=out
        ),
        "rounds, a key each": lambda: kernel.hmac_rounds(
            keys, prefixes=prefixes, offsets=offsets, nonces=nonces, out=out
        ),
        "rounds, one key": lambda: kernel.hmac_rounds(same, prefixes=prefixes, offsets=offsets, nonces=nonces, out=out),
        "SHA-256 of 32 bytes": lambda: kernel.sha256_rows(keys, width=32, out=out),
        "chain steps, 1000 chains": lambda: kernel.chain_steps(keys[:32000], label=label, steps=rows // 1000),
        "chain steps, one chain": lambda: kernel.chain_steps(keys[:32], label=label, steps=rows),
        "leaf hashes to a Merkle root": lambda: kernel.merkle_root(keys),
    }
    for name, function in work.items():
        spent = []
        for _ in range(TURNS):
            start = time.perf_counter()
            function()
            spent.append((time.perf_counter() - start) / rows * NANOSECONDS)
        yield Result(f"{engines[0]}: {name}", 1000 / min(spent), "M/s")


def _nanoseconds(loop: Callable[[int], None], count: int) -> float:
    start = time.perf_counter()
    loop(count)
    return (time.perf_counter() - start) / count * NANOSECONDS


def _require_digest(found: str, count: int, who: str) -> None:
    """Refuse a figure whose last digest is wrong: it would be of something else."""
    if found != hmac.digest(KEY, b"%b%d:0" % (PREFIX, FIRST + count - 1), "sha256").hex():
        raise ValueError(f"{who} computed something else: {found}")


_OUT = bytearray(32 * FAST)
_MESSAGES = [b"%b%d:0" % (PREFIX, nonce) for nonce in range(FIRST, FIRST + SLOW)]


def _kernel(count: int) -> None:
    kernel.hmac_nonces(KEY, prefix=PREFIX, first_nonce=FIRST, count=count, out=_OUT)


def _hmac_digest(count: int) -> None:
    for at, nonce in enumerate(range(FIRST, FIRST + count)):
        _OUT[32 * at : 32 * at + 32] = hmac.digest(KEY, b"%b%d:0" % (PREFIX, nonce), "sha256")


def _hmac_digest_alone(count: int) -> None:
    for message in _MESSAGES[:count]:
        hmac.digest(KEY, message, "sha256")


def _keyed_copy(count: int) -> None:
    keyed = hmac.new(KEY, digestmod="sha256")
    for at, nonce in enumerate(range(FIRST, FIRST + count)):
        one = keyed.copy()
        one.update(b"%b%d:0" % (PREFIX, nonce))
        _OUT[32 * at : 32 * at + 32] = one.digest()


def _cryptography(count: int) -> None:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.hmac import HMAC

    keyed = HMAC(KEY, SHA256())
    for at, nonce in enumerate(range(FIRST, FIRST + count)):
        one = keyed.copy()
        one.update(b"%b%d:0" % (PREFIX, nonce))
        _OUT[32 * at : 32 * at + 32] = one.finalize()


def _openssl_loop() -> float | None:
    """Compile the C loop and run it; None where no compiler or no headers of OpenSSL are."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "openssl_loop")
        source = str(Path(__file__).with_name("openssl_loop.c"))
        built = subprocess.run([compiler, "-O3", "-o", program, source, "-lcrypto"], capture_output=True, check=False)
        return None if built.returncode else _other_program([program], FAST)


def _node() -> float | None:
    node = shutil.which("node")
    return None if node is None else _other_program([node, "-e", NODE, "--"], 10 * SLOW)


def _other_program(command: list[str], count: int) -> float:
    """Run a program that prints nanoseconds for a message and the last digest; raise if the digest is wrong."""
    command = [*command, KEY.decode(), PREFIX.decode(), str(FIRST), str(count)]
    nanoseconds, found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    _require_digest(found, count, command[0])
    return float(nanoseconds)


def _speed() -> float | None:
    """Take what `openssl speed` says of one block, twice: with prepared pads an HMAC is two blocks."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    command = [openssl, "speed", "-mr", "-evp", "sha256", "-bytes", "55", "-seconds", "2"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in answer.stdout.splitlines() if line.startswith("+F:")]
    if answer.returncode or not lines:
        return None
    return 2 * 55 / float(lines[0].split(":")[-1]) * NANOSECONDS
