"""Audit: whole histories checked again, round by round, by the engine and in samples by the verifier."""

from certification.audit.discrepancy import Discrepancy
from certification.audit.rules import Shelf, load_shelf
from certification.audit.run import Interrupted, Progress, audit
from certification.audit.summary import Summary

__all__ = ["Discrepancy", "Interrupted", "Progress", "Shelf", "Summary", "audit", "load_shelf"]
