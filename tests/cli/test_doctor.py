"""`fairlot doctor`: which engine is in use, versions, extras, and the health of the system's randomness."""

from __future__ import annotations

import pytest

from rng import kernel
from rng.entropy import EntropySource
from statistical_tests import kernel as statistics
from tests.cli.running import fairlot, fairlot_json


def test_it_names_engines_versions_extras_and_health() -> None:
    found = fairlot_json("doctor")
    assert found["engine"]["in_use"] == kernel.engine()
    assert found["engine"]["available"] == list(kernel.engines())
    assert found["engine"]["available"][-1] == "hashlib"
    assert (found["engine"]["correct"], found["engine"]["wrong"], found["healthy"]) == (True, [], True)
    assert found["statistics"] == {"in_use": statistics.engine(), "available": list(statistics.engines())}
    assert found["entropy"] == {"state": "ready", "reason": ""}
    assert found["extras"]["stats"] is True
    assert found["packages"]["click"]


def test_people_read_the_same() -> None:
    result = fairlot("doctor")
    assert result.exit_code == 0
    for words in (
        kernel.engine(),
        f"statistics   {statistics.engine()} (of",
        "entropy      yes",
        "correct      yes",
        "audit: ",
    ):
        assert words in result.stdout


def test_where_the_packages_of_the_statistical_tests_are_missing_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.doctor.find_spec", lambda name: None if name == "scipy" else object())
    assert fairlot_json("doctor")["statistics"] is None
    assert "statistics   not installed: pip install 'fairlot[stats]'" in fairlot("doctor").stdout


def test_counting_without_the_compiled_part_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "engines", lambda: ("numpy",))
    monkeypatch.setattr(statistics, "engine", lambda: "numpy")
    assert "statistics   numpy (of numpy); not compiled" in fairlot("doctor").stdout


def test_looking_does_not_change_the_engine_in_use() -> None:
    before = kernel.use("hashlib")
    try:
        assert fairlot_json("doctor")["engine"]["in_use"] == kernel.engine()
    finally:
        kernel.use(before)


def test_an_engine_that_computes_wrongly_is_named_and_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    right = kernel.hmac_nonces

    def wrong(*args: object, **more: object) -> object:
        found = right(*args, **more)  # type: ignore[arg-type]
        return bytearray(len(found)) if kernel.engine().startswith("hashlib") else found

    monkeypatch.setattr(kernel, "hmac_nonces", wrong)
    found = fairlot_json("doctor", code=2)
    assert (found["healthy"], found["engine"]["wrong"]) == (False, ["hashlib"])


def test_a_stuck_source_of_randomness_is_named_and_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rng.entropy.EntropySource", lambda: EntropySource(bytes))
    result = fairlot("doctor")
    assert result.exit_code == 2
    assert "entropy      yes" not in result.stdout
