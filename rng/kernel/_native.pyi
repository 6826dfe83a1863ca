"""The compiled part, csrc/module.c. The first argument of each function is an engine's index, from engines()."""

from rng.kernel.arguments import Buffer

def engines() -> tuple[tuple[str, str, int], ...]: ...
def hmac_nonces(
    engine: int,
    key: Buffer,
    prefix: Buffer,
    middle: bytes | None,
    suffix: bytes,
    first_nonce: int,
    count: int,
    first_block: int,
    blocks: int,
    out: Buffer,
    /,
) -> None: ...
def hmac_rounds(
    engine: int,
    keys: Buffer,
    prefixes: Buffer,
    offsets: Buffer,
    nonces: Buffer,
    middle: bytes | None,
    suffix: bytes,
    block: int,
    out: Buffer,
    /,
) -> None: ...
def hmac_rows(engine: int, keys: Buffer, messages: Buffer, offsets: Buffer, out: Buffer, /) -> None: ...
def sha256_rows(engine: int, prefix: Buffer, rows: Buffer, width: int, out: Buffer, /) -> None: ...
def chain_steps(engine: int, label: Buffer, starts: Buffer, every: int, stores: int, out: Buffer, /) -> None: ...
