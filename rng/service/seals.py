"""Seals of the running service: the key ring in use, read again when its file changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from rng.seeds import Commitment, ServerSeed
from rng.service.sealing import KeyRing, SealError
from rng.store import SealedSeed

__all__ = ["Seals"]

_LOG: Final = logging.getLogger("fairlot.service")


class Seals:
    """Seal and open server seeds with the newest key ring.

    `keys rotate` writes a new key-encryption key into the key file while the service runs. The service looks at the
    file now and then, and at once when it meets a seal whose key it does not know.

    Args:
        ring: the key ring to begin with.
        read: reads the key ring again, or None where it came from the environment and cannot change.
    """

    def __init__(self, ring: KeyRing, read: Callable[[], KeyRing] | None = None) -> None:
        self._ring = ring
        self._read = read

    def __repr__(self) -> str:
        return f"Seals(current={self._ring.current_id!r}, redacted)"

    @property
    def current_id(self) -> str:
        """Return the id of the key that seals."""
        return self._ring.current_id

    def refresh(self) -> None:
        """Read the key ring again; one that cannot be read leaves the present one in use, and a line in the log."""
        if self._read is None:
            return
        try:
            ring = self._read()
        except Exception as error:  # noqa: BLE001  whatever is wrong with the file, the ring in memory still works
            _LOG.error("the key-encryption keys cannot be read again", extra={"cause": type(error).__name__})
            return
        if ring.ids != self._ring.ids:
            _LOG.warning("key-encryption keys read again", extra={"kek_id": ring.current_id, "keys": len(ring.ids)})
            self._ring = ring

    def seal(self, seed: ServerSeed, *, tenant: str, nonce: bytes) -> SealedSeed:
        """Seal a server seed for the store.

        Args:
            seed: the server seed.
            tenant: its owner.
            nonce: 12 fresh random bytes.
        """
        commitment = seed.commitment()
        ring = self._ring
        data = ring.seal(seed.data, tenant=tenant, commitment=commitment.data, random_bytes=lambda _: nonce)
        return SealedSeed(commitment=commitment.hex, tenant=tenant, kek_id=ring.current_id, data=data)

    def open(self, sealed: SealedSeed) -> ServerSeed:
        """Open a sealed server seed.

        Raises:
            SealError: if it does not open, even with the key file read again.
        """
        commitment = Commitment.from_hex(sealed.commitment).data
        try:
            return ServerSeed(self._ring.open(sealed.data, tenant=sealed.tenant, commitment=commitment))
        except SealError:
            self.refresh()
            return ServerSeed(self._ring.open(sealed.data, tenant=sealed.tenant, commitment=commitment))
