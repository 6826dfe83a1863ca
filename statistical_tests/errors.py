"""What the tests say of input that they cannot take."""

from __future__ import annotations


class BadInput(ValueError):
    """Say what was wrong with an argument or with data, where, and what to do."""
