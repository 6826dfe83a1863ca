"""Every test of the command has a memory of its own, and none reads that of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder in which `fairlot` remembers; it does not exist yet."""
    folder = tmp_path / "home"
    monkeypatch.setenv("FAIRLOT_HOME", str(folder))
    for name in ("FAIRLOT_API_KEY", "FAIRLOT_DEBUG", "NO_COLOR", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder
