"""`fairlot doctor`: say what this installation can do: engines, versions, extras, and the health of its randomness."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final

import click

from cli.errors import EXIT_USAGE
from cli.output import coloured, harmless, show, show_json

EXTRAS: Final = {
    "audit": ("numpy", "pyarrow"),
    "server": ("cryptography", "fastapi", "jsonschema", "msgspec", "prometheus_client", "pydantic_settings", "uvicorn"),
    "stats": ("numpy", "scipy"),
    "report": ("typst",),
    "chain": ("web3",),
}
"""Extra to the packages that it brings, by their import names."""


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Say what is installed here and whether it works.

    Which engine computes in bulk and which ones the processor has, versions, which extras are there, and whether the
    system's randomness passes its health tests. Exit code 0 if everything that is installed works, else 2.
    """
    found = examine()
    if as_json:
        show_json(found)
    else:
        _show(found)
    ctx.exit(0 if found["healthy"] else EXIT_USAGE)


def examine() -> dict[str, object]:
    """Return what `fairlot doctor` says, as an object for programs."""
    engine = _engine()
    entropy = _entropy()
    return {
        "type": "doctor",
        "version": 1,
        "fairlot": _version("fairlot"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "packages": {name: _version(name) for name in ("click", "pynacl", "numpy", "pyarrow", "scipy", "cryptography")},
        "extras": {extra: all(find_spec(name) is not None for name in names) for extra, names in EXTRAS.items()},
        "engine": engine,
        "statistics": _statistics(),
        "entropy": entropy,
        "healthy": engine["correct"] is True and entropy["state"] == "ready",
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _engine() -> dict[str, object]:
    """Say which engine is in use, which ones there are, and whether each gives RFC 4231's answer."""
    from rng import kernel

    correct = {}
    before = kernel.use(kernel.engines()[0])
    try:
        for name in kernel.engines():
            kernel.use(name)
            correct[name] = _is_correct()
    finally:
        kernel.use(before)
    return {
        "in_use": kernel.engine(),
        "available": list(kernel.engines()),
        "native": any(name != "hashlib" for name in kernel.engines()),
        "correct": all(correct.values()),
        "wrong": [name for name, good in correct.items() if not good],
    }


def _statistics() -> dict[str, object] | None:
    """Say which engine counts for the statistical tests, or None where the packages for them are not installed."""
    if any(find_spec(name) is None for name in EXTRAS["stats"]):
        return None
    from statistical_tests import kernel

    return {"in_use": kernel.engine(), "available": list(kernel.engines())}


def _is_correct() -> bool:
    """Compare the engine in use with the standard library's HMAC, over nonces that cross a power of ten."""
    import hmac

    from rng import kernel

    key, count = bytes(range(32)), 67
    found = bytes(kernel.hmac_nonces(key, prefix=b"doctor:", first_nonce=95, count=count))
    wanted = b"".join(hmac.digest(key, b"doctor:%d:0" % nonce, "sha256") for nonce in range(95, 95 + count))
    return found == wanted


def _entropy() -> dict[str, object]:
    from rng.entropy import EntropyFailure, EntropySource

    try:
        source = EntropySource()
        source.random_bytes(32)
        status = source.status()
    except EntropyFailure as error:
        return {"state": "failed", "reason": str(error)}
    return {"state": status.state, "reason": status.reason}


def _show(found: dict[str, object]) -> None:
    engine, entropy, extras, packages = (found[name] for name in ("engine", "entropy", "extras", "packages"))
    assert isinstance(engine, dict)
    assert isinstance(entropy, dict)
    assert isinstance(extras, dict)
    assert isinstance(packages, dict)
    statistics = found["statistics"]
    assert statistics is None or isinstance(statistics, dict)
    available = ", ".join(engine["available"])
    note = "" if engine["native"] else "; no compiled engine: install a C compiler and fairlot again for a faster one"
    lines = [
        ("fairlot", str(found["fairlot"] or "not installed: running from its source")),
        ("python", f"{found['python']} on {found['system']}, {found['cores']} cores"),
        ("packages", ", ".join(f"{name} {known}" for name, known in packages.items() if known)),
        ("engine", f"{engine['in_use']} (of {available}){note}"),
        ("correct", _word(engine["correct"], f"wrong: {', '.join(engine['wrong'])}; please report this")),
        ("statistics", _counting(statistics)),
        ("entropy", _word(entropy["state"] == "ready", str(entropy["reason"]))),
        ("extras", ", ".join(f"{name}: {'yes' if there else 'no'}" for name, there in extras.items())),
    ]
    for label, text in lines:
        show(f"{label:<12} {text}")


def _counting(statistics: dict[str, list[str]] | None) -> str:
    if statistics is None:
        return "not installed: pip install 'fairlot[stats]'"
    note = "" if len(statistics["available"]) > 1 else "; not compiled: install a C compiler and fairlot again"
    return f"{statistics['in_use']} (of {', '.join(statistics['available'])}){note}"


def _word(good: object, otherwise: str) -> str:
    return coloured("yes", "passed") if good is True else coloured(harmless(otherwise), "failed")
