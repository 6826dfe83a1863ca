"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def _processor() -> str:
    # platform.processor() is empty on most Linux systems; the kernel knows the name.
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def describe() -> list[tuple[str, str]]:
    """Describe date, machine and versions as pairs of label and text, without the host's name."""
    try:
        fairlot = version("fairlot")
    except PackageNotFoundError:
        fairlot = "not installed"
    return [
        ("date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("processor", _processor()),
        ("cores", str(os.cpu_count())),
        # Who else is at work decides what a figure is worth.
        ("load", f"{os.getloadavg()[0]:.1f} in the last minute"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("fairlot", fairlot),
    ]
