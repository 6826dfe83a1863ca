"""Write the vectors that the verifier makes and the generator must meet: ``python -m tests.vectors.make``.

The inputs stand in this file; every result is computed by the verifier. `tests/verifier/test_vectors.py` fails when the
files differ from what this module makes, and `tests/properties/test_two_evaluators.py` holds the generator to them.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verifier import canonical, primitives
from verifier.schemes import SCHEMES

FOLDER = Path(__file__).parent

SEED_A = bytes(range(32))
SEED_B = hashlib.sha256(b"fairlot vectors: another server seed").digest()
RULES_A = hashlib.sha256(b"fairlot vectors: some rules").hexdigest()
RULES_B = hashlib.sha256(b"fairlot vectors: other rules").hexdigest()
BEACON = f"{hashlib.sha256(b'a chain').hexdigest()}:4815162:{hashlib.sha256(b'its randomness').hexdigest()}"

# Each line differs from the first in one thing, so that a swapped or forgotten input shows.
ROUNDS = [
    (SEED_A, RULES_A, "", "lucky clover", 0),
    (SEED_B, RULES_A, "", "lucky clover", 0),
    (SEED_A, RULES_B, "", "lucky clover", 0),
    (SEED_A, RULES_A, BEACON, "lucky clover", 0),
    (SEED_A, RULES_A, "", "lucky cloves", 0),
    (SEED_A, RULES_A, "", "lucky clover", 1),
    (SEED_A, RULES_A, "", "lucky clover", 2**53 - 1),
    (SEED_A, RULES_A, "", "a", 12),
    (SEED_A, RULES_A, "", "a1", 2),
    (SEED_A, RULES_A, "", "a:1", 2),
    (SEED_A, RULES_A, "", "žluťoučký kůň 🐎", 7),
    (SEED_A, RULES_A, "", "e\u0301", 7),
    (SEED_A, RULES_A, "", "\u00e9", 7),
    (SEED_A, RULES_A, "", "~" * 256, 41),
]

BAD_CLIENT_SEEDS = {
    "empty": "",
    "a newline": "610a62",
    "U+0000": "00",
    "U+007F": "7f",
    "U+009F": "c29f",
    "a lone continuation byte": "80",
    "an encoded surrogate": "eda080",
    "an overlong slash": "c0af",
    "257 bytes": "61" * 257,
}


def scheme_vectors() -> dict[str, Any]:
    """Return the vectors of the scheme hmac-sha256/v1."""
    scheme = SCHEMES["hmac-sha256/v1"]
    rounds = []
    for server_seed, rules_digest, beacon, client_seed, nonce in ROUNDS:
        key = scheme.game_key(server_seed, rules_digest=rules_digest, beacon=beacon)
        data = client_seed.encode()
        rounds.append(
            {
                "server_seed": server_seed.hex(),
                "commitment": scheme.commitment(server_seed).hex(),
                "rules_digest": rules_digest,
                "beacon": beacon,
                "game_key": key.hex(),
                "client_seed": client_seed,
                "client_seed_hex": data.hex(),
                "nonce": nonce,
                "blocks": {
                    str(i): scheme.block(key, client_seed=data, nonce=nonce, index=i).hex() for i in (0, 1, 2, 10)
                },
            }
        )
    return {
        "about": "server seed, rules digest and beacon give the game key; client seed, nonce and index give blocks",
        "scheme": "hmac-sha256/v1",
        "specification": "verifier/spec/hmac_sha256_v1.md",
        "rounds": rounds,
        "refused_client_seeds": [{"why": why, "client_seed_hex": data} for why, data in BAD_CLIENT_SEEDS.items()],
    }


def hashed_stream(label: str, blocks: int) -> bytes:
    """Return blocks of plain SHA-256, so that a vector of a primitive needs no scheme."""
    return b"".join(hashlib.sha256(f"{label}:{i}".encode()).digest() for i in range(blocks))


def words_stream(*words: int) -> bytes:
    """Return a stream that begins with the given words and is filled up with zero bytes to whole blocks."""
    data = b"".join(word.to_bytes(8, "big") for word in words)
    return data + bytes(-len(data) % 32)


PRIMITIVES: dict[str, Callable[..., Any]] = {
    "uniform": primitives.uniform,
    "bits": primitives.bits,
    "sample": primitives.sample,
    "permutation": primitives.permutation,
    "weighted": primitives.weighted,
    "ratio": primitives.ratio,
}

TOP = 2**64 - 1
HALF = 2**52


def primitive_inputs() -> list[tuple[str, str, bytes, dict[str, Any]]]:
    """Return what the cases are: why each is there, the primitive, its stream and its arguments."""
    cases: list[tuple[str, str, bytes, dict[str, Any]]] = []

    def add(why: str, name: str, stream: bytes, **arguments: Any) -> None:
        cases.append((why, name, stream, arguments))

    add("one answer takes a word too", "uniform", words_stream(12345), n=1)
    add("a power of two rejects nothing", "uniform", words_stream(TOP), n=2)
    add("the largest n", "uniform", words_stream(TOP), n=2**53)
    add("the largest word that counts for 3", "uniform", words_stream(TOP - 1), n=3)
    add("the smallest word that does not count for 3", "uniform", words_stream(TOP, 5), n=3)
    add("four rejected words cross into the second block", "uniform", words_stream(*[TOP] * 4, 7), n=10)
    add("the largest word that counts for 10", "uniform", words_stream(TOP - 6), n=10)
    add("the smallest word that does not count for 10", "uniform", words_stream(TOP - 5, 23), n=10)
    add("n just below the largest", "uniform", words_stream(TOP, 2**63), n=2**53 - 1)
    for n in (2, 37, 38, 52, 10_000, 1_000_003, 2**32, 2**52 + 1):
        add("an ordinary stream", "uniform", hashed_stream(f"uniform {n}", 2), n=n)
    for n in (1, 3, 8, 16, 63, 64):
        add("an ordinary stream", "bits", hashed_stream(f"bits {n}", 1), n=n)
    add("the most significant bit comes first", "bits", words_stream(2**63), n=2)
    add("nothing of nothing takes no word", "sample", words_stream(), n=0, k=0)
    add("nothing of five takes no word", "sample", words_stream(), n=5, k=0)
    add("all words zero: no place is swapped", "sample", words_stream(0, 0, 0), n=5, k=3)
    add("a place is drawn, then its swapped content", "sample", words_stream(4, 3, 0), n=5, k=3)
    add("a rejected word inside a sample", "sample", words_stream(1, TOP, 2), n=4, k=2)
    add("keno", "sample", hashed_stream("keno", 6), n=40, k=10)
    add("mines", "sample", hashed_stream("mines", 3), n=25, k=3)
    add("the last n that is usually a dense list", "sample", hashed_stream("1024", 4), n=1024, k=12)
    add("the first n that is usually sparse", "sample", hashed_stream("1025", 4), n=1025, k=12)
    add("a sparse place is drawn twice", "sample", words_stream(5000, 4999, 4998), n=10_000, k=3)
    add("the largest n", "sample", hashed_stream("2^32", 3), n=2**32, k=8)
    add("nothing to order", "permutation", words_stream(), n=0)
    add("one thing takes a word", "permutation", words_stream(9), n=1)
    add("a pack of cards", "permutation", hashed_stream("cards", 16), n=52)
    add("a bracket of eight", "permutation", hashed_stream("bracket", 4), n=8)
    add("u just below the first weight", "weighted", words_stream(2), weights=[3, 1])
    add("u at the first running sum", "weighted", words_stream(3), weights=[3, 1])
    add("a weight of zero is passed over", "weighted", words_stream(0), weights=[0, 0, 5, 0])
    add("the last index", "weighted", words_stream(9), weights=[4, 0, 6])
    add("the largest sum", "weighted", words_stream(2**53 - 1), weights=[2**53 - 1, 1])
    add("a rejected word", "weighted", words_stream(TOP, 1), weights=[1, 1, 1])
    for label in ("a", "b", "c"):
        add("an ordinary stream", "weighted", hashed_stream(f"weighted {label}", 1), weights=[50, 30, 15, 4, 1])
    add("u = 0 without an edge", "ratio", words_stream(0), edge=0, cap=10**10)
    add("u = 0 with an edge is raised to 1.00", "ratio", words_stream(0), edge=100, cap=10**10)
    add("u is a half", "ratio", words_stream(HALF // 2), edge=0, cap=10**10)
    add("the largest u reaches the cap", "ratio", words_stream(HALF - 1), edge=100, cap=10**10)
    add("a cap of 1.00", "ratio", words_stream(HALF // 2), edge=0, cap=100)
    add("the largest edge", "ratio", words_stream(HALF - HALF // 10_000_000), edge=9999, cap=10**10)
    add("only the low 52 bits of the word count", "ratio", words_stream(TOP - HALF + 1 + HALF // 2), edge=0, cap=10**10)
    add("a quotient that is exact, where doubles may slip", "ratio", words_stream(HALF // 4 * 3), edge=100, cap=10**10)
    # Multipliers that doubles get wrong in common formulas: u is chosen just at and just before a whole hundredth.
    for hundredths in (101, 197, 1_000_001, 123_456_789):
        u = HALF - (9900 * HALF) // (100 * hundredths)
        add("the first u of a multiplier", "ratio", words_stream(u), edge=100, cap=10**10)
        add("the last u before a multiplier", "ratio", words_stream(u - 1), edge=100, cap=10**10)
    for label in ("a", "b", "c"):
        add("an ordinary stream", "ratio", hashed_stream(f"ratio {label}", 1), edge=100, cap=100_000_000)
    return cases


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("uniform", {"n": 0}),
    ("uniform", {"n": -1}),
    ("uniform", {"n": 2**53 + 1}),
    ("bits", {"n": 0}),
    ("bits", {"n": 65}),
    ("sample", {"n": 4, "k": 5}),
    ("sample", {"n": 4, "k": -1}),
    ("sample", {"n": -1, "k": 0}),
    ("sample", {"n": 2**32 + 1, "k": 1}),
    ("permutation", {"n": -1}),
    ("permutation", {"n": 2**32 + 1}),
    ("weighted", {"weights": []}),
    ("weighted", {"weights": [0, 0]}),
    ("weighted", {"weights": [3, -1]}),
    ("weighted", {"weights": [2**53, 1]}),
    ("ratio", {"edge": 10_000, "cap": 100}),
    ("ratio", {"edge": -1, "cap": 100}),
    ("ratio", {"edge": 0, "cap": 99}),
    ("ratio", {"edge": 0, "cap": 10**10 + 1}),
]


def primitive_vectors() -> dict[str, Any]:
    """Return the vectors of the primitives."""
    cases = []
    for why, name, stream, arguments in primitive_inputs():
        blocks = [stream[start : start + 32] for start in range(0, len(stream), 32)]
        words = primitives.Words(blocks.__getitem__)
        result = PRIMITIVES[name](words, **arguments)
        cases.append(
            {
                "why": why,
                "primitive": name,
                "arguments": arguments,
                "stream": stream.hex(),
                "result": result,
                "words_taken": words.taken,
            }
        )
    return {
        "about": "a primitive reads the stream (hex, whole blocks of 32 bytes) and gives the result",
        "specification": "verifier/spec/primitives.md",
        "cases": cases,
        "refused": [{"primitive": name, "arguments": arguments} for name, arguments in REFUSED],
    }


DOCUMENTS = [
    "{}",
    "[]",
    '""',
    "null",
    "true",
    "0",
    "-1",
    "9007199254740991",
    "-9007199254740991",
    '{"a":[true,null,-7],"b":1}',
    '{" ":1,"A":2,"a":3,"a b":4,"~":5}',
    '{"":0,"a":{"a":{"a":[]}}}',
    '"\u00e9/\x7f\\u0001"',
    r'"\"\\\b\t\n\f\r\u0000\u000b\u001f"',
    '"\u2028\u2029\ufeff\ue000\U0001f40e"',
    "[" * 64 + "]" * 64,
]

# The step of canonical.md that each breaks, and the bytes: each has one fault.
MALFORMED = [
    ("C1.1", b'"\xff"'),
    ("C1.1", b'"\xc0\xaf"'),
    ("C1.1", b'"\xed\xa0\x80"'),
    ("C1.1", b'"\xf4\x90\x80\x80"'),
    ("C1.1", b'"\xe2\x82"'),
    ("C1.2", b"\xef\xbb\xbfnull"),
    ("C2.1", b""),
    ("C2.1", b"null\n"),
    ("C2.1", b" null"),
    ("C2.1", b"nullnull"),
    ("C2.1", b"[1]]"),
    ("C2.1", b"null\x00"),
    ("C2.2", b"[1, 2]"),
    ("C2.2", b'{"a": 1}'),
    ("C2.2", b"[ ]"),
    ("C3.1", b"True"),
    ("C3.1", b"nul"),
    ("C3.1", b"[1,]"),
    ("C3.1", b"[,1]"),
    ("C3.1", b"[1"),
    ("C3.1", b"'a'"),
    ("C3.2", b"NaN"),
    ("C3.2", b"Infinity"),
    ("C3.2", b"-Infinity"),
    ("C4.1", b"9007199254740992"),
    ("C4.1", b"-9007199254740992"),
    ("C4.1", b"1" * 5000),
    ("C4.2", b"01"),
    ("C4.2", b"00"),
    ("C4.2", b"-0"),
    ("C4.2", b"-01"),
    ("C4.2", b"+1"),
    ("C4.2", b"-"),
    ("C4.2", b"1.0"),
    ("C4.2", b"1e3"),
    ("C4.2", b"1E3"),
    ("C4.2", "\u0661".encode()),
    ("C5.1", b'"a'),
    ("C5.1", b'"\\ud800"'),
    ("C5.1", b'"\\udc00"'),
    ("C5.1", b'"\\ud83d\\udc0e"'),
    ("C5.2", b'"\x01"'),
    ("C5.2", b'"\n"'),
    ("C5.2", b'"\\u000a"'),
    ("C5.2", b'"\\u001F"'),
    ("C5.2", b'"\\u0022"'),
    ("C5.2", b'"\\x41"'),
    ("C5.2", b'"\\"'),
    ("C5.3", b'"\\/"'),
    ("C5.3", b'"\\u0041"'),
    ("C5.3", b'"\\u007f"'),
    ("C5.3", b'"\\u00e9"'),
    ("C6.1", b'{"a"}'),
    ("C6.1", b'{"a":}'),
    ("C6.1", b'{"a":1,}'),
    ("C6.1", b"{1:1}"),
    ("C6.1", b'{"a":1'),
    ("C6.2", '{"\u00e9":1}'.encode()),
    ("C6.2", b'{"\x7f":1}'),
    ("C6.2", b'{"\\n":1}'),
    ("C6.3", b'{"a":1,"a":1}'),
    ("C6.3", b'{"a":1,"b":2,"a":1}'),
    ("C6.3", b'{"b":1,"a":1}'),
    ("C6.3", b'{"a":1,"A":1}'),
    ("C7.1", b"[" * 65 + b"]" * 65),
    ("C7.1", b'{"a":' * 65 + b"0" + b"}" * 65),
]


def canonical_vectors() -> dict[str, Any]:
    """Return the vectors of canonical JSON."""
    documents = []
    for text in DOCUMENTS:
        value = canonical.decode(text.encode())
        documents.append({"bytes": text.encode().hex(), "value": value, "digest": canonical.digest(value)})
    return {
        "about": "documents (bytes in hex), each with value and digest; malformed ones, each with the step it breaks",
        "specification": "verifier/spec/canonical.md",
        "documents": documents,
        "malformed": [{"step": step, "bytes": data.hex()} for step, data in MALFORMED],
    }


def render(vectors: dict[str, Any]) -> str:
    """Return a file's text: one case a line, so that a change of one case shows as one line."""
    lines = []
    for name, value in vectors.items():
        if isinstance(value, list):
            items = ",\n".join("  " + json.dumps(item) for item in value)
            lines.append(f" {json.dumps(name)}: [\n{items}\n ]")
        else:
            lines.append(f" {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


MADE = {
    "canonical.json": canonical_vectors,
    "hmac_sha256_v1.json": scheme_vectors,
    "primitives.json": primitive_vectors,
}


def main() -> None:
    """Write the files beside this module."""
    for name, make in MADE.items():
        (FOLDER / name).write_text(render(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
