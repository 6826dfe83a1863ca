"""Set up the whole suite: hypothesis profiles, and the rule that fails a run which skipped what it must not."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# No deadline and no complaint about slow generation: tests say what is right, never how fast this machine is today.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples in every run, so that a red run is about the change and not about luck.
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

FAIL_ON_SKIP = "FAIRLOT_FAIL_ON_SKIP"


def _skipped(config: pytest.Config) -> list[str]:
    """List what was skipped, by name and reason; an expected failure is not among it."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or os.environ.get(FAIL_ON_SKIP, "") in ("", "0"):
        return []
    found = []
    for report in terminal.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        found.append(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")
    return sorted(found)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a session that skipped something into a failed one, if FAIRLOT_FAIL_ON_SKIP=1 asks for it."""
    if session.exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was skipped where nothing may be."""
    if skipped := _skipped(config):
        terminalreporter.section(f"skipped, and {FAIL_ON_SKIP} forbids it", red=True, bold=True)
        for line in skipped:
            terminalreporter.line(line)
