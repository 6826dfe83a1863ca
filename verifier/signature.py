"""Check Ed25519 signatures under the one strict profile of fairlot; steps G1 ... of ``spec/signature.md``.

RFC 8032 leaves verifiers room to differ on odd keys and signatures. An operator could use that room to sign what one
verifier accepts and another refuses, so this profile has none: every odd case is refused.
"""

import re

from nacl import bindings
from nacl.exceptions import BadSignatureError
from nacl.exceptions import RuntimeError as SodiumError

KEY_BYTES = 32
SIGNATURE_BYTES = 64

FIELD_PRIME = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

_IDENTITY = (1).to_bytes(32, "little")
_EIGHTH = pow(8, -1, GROUP_ORDER).to_bytes(32, "little")
_TYPE = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def signing_message(statement_type: str, body: bytes) -> bytes:
    """Return the bytes that a statement's signature covers: its type under fairlot's tag, then its body.

    Args:
        statement_type: the body's ``type``, such as ``receipt``: lower-case letters, digits, single - or _ between.
        body: the canonical bytes of the statement without its signature.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: the type has another form.

    Specification: signature.md, step G1.
    """
    if not isinstance(body, bytes):
        raise TypeError(f"body must be the canonical bytes, not {type(body).__name__}")
    # The tag ends at the first newline, so a type must not be able to hold one, nor a slash.
    if _TYPE.fullmatch(statement_type) is None:
        raise ValueError(f"statement type must be lower-case words joined by - or _, not {statement_type!r}")
    return f"fairlot/{statement_type}/v1\n".encode("ascii") + body


def check_signature(public_key: bytes, message: bytes, signature: bytes) -> str | None:
    """Say why a signature is refused, or return None when it is good. Compare with ``is None``.

    Args:
        public_key: the encoded point A, 32 bytes.
        message: what was signed, any number of bytes.
        signature: the encoded point R and the integer S, 64 bytes.

    Raises:
        TypeError: an argument is not bytes.

    Specification: signature.md, steps G2 to G6; RFC 8032 section 5.1.7.
    """
    for what, value in (("public key", public_key), ("message", message), ("signature", signature)):
        if not isinstance(value, bytes):
            raise TypeError(f"{what} must be bytes, not {type(value).__name__}")
    # G2: lengths.
    if len(public_key) != KEY_BYTES:
        return f"the public key must be {KEY_BYTES} bytes, not {len(public_key)}"
    if len(signature) != SIGNATURE_BYTES:
        return f"the signature must be {SIGNATURE_BYTES} bytes, not {len(signature)}"
    # G3 and G4: both points.
    r, s = signature[:32], signature[32:]
    for what, point in (("the public key A", public_key), ("the signature's R", r)):
        fault = _point_fault(point)
        if fault is not None:
            return f"{what} {fault}"
    # G5: S is reduced; otherwise S + L would be a second signature of the same message.
    if int.from_bytes(s, "little") >= GROUP_ORDER:
        return "the signature's S is not below the group order"
    # G6: the equation.
    try:
        bindings.crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return "the signature does not match the public key and the message"
    return None


def _point_fault(encoded: bytes) -> str | None:
    # G3: y is below the prime, and the sign bit is clear where x is 0 (that is at y = 1 and y = -1).
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    sign = encoded[31] >> 7
    if y >= FIELD_PRIME or (sign == 1 and y in (1, FIELD_PRIME - 1)):
        return "is not canonically encoded"
    # G4: the point is on the curve and of prime order. Libsodium has one function for this,
    # crypto_core_ed25519_is_valid_point, but releases up to 1.0.20 take a point with a component of order 2 for one
    # of prime order (CVE-2025-69277). So the component is shown by arithmetic that was never at fault: 8 P has none,
    # an eighth of 8 P is P without its component, and that is P exactly when P had none.
    try:
        doubled = bindings.crypto_core_ed25519_add(encoded, encoded)
    except SodiumError:
        return "is not a point of the curve"
    fourfold = bindings.crypto_core_ed25519_add(doubled, doubled)
    eightfold = bindings.crypto_core_ed25519_add(fourfold, fourfold)
    if eightfold == _IDENTITY:
        return "is a point of small order"
    if bindings.crypto_scalarmult_ed25519_noclamp(_EIGHTH, eightfold) != encoded:
        return "is not of prime order"
    return None
