"""The house keeps its rules: what import-linter cannot say, read from the syntax tree of every module."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rng", "verifier", "statistical_tests", "certification", "cli")
LONGEST_FILE = 400  # lines

# Inside rng these touch the world; every other module of rng is core, a new one too from its first day.
SHELL = ("rng.entropy", "rng.games.loader", "rng.bulk.pool", "rng.store", "rng.anchor", "rng.service")
# What a core module may import: nothing here reads a clock, randomness, the environment, a file or the network.
# A new name belongs on the list only if that holds for it too.
CORE_IMPORTS = frozenset(
    """
    __future__ abc array base64 binascii bisect collections copy dataclasses decimal enum fractions functools hashlib
    heapq hmac itertools json math numbers operator re string struct types typing unicodedata warnings weakref
    cryptography nacl numpy
    """.split()
)
CORE_BUILTINS = frozenset("open input print exec eval compile breakpoint __import__".split())
# Only rng.entropy may read the system's randomness; the verifier needs none.
RANDOM_MODULES = frozenset("random secrets uuid nacl.utils numpy.random".split())
RANDOM_ATTRIBUTES = frozenset("urandom getrandom SystemRandom".split())
KEY_MAKERS = frozenset("generate generate_key generate_private_key".split())
NETWORK = frozenset(
    """
    socket ssl select selectors asyncio http urllib.request ftplib smtplib socketserver xmlrpc subprocess
    multiprocessing
    """.split()
)
# `fairlot verify` must start fast, so these stay out of it.
HEAVY = frozenset(
    """
    numpy scipy fastapi starlette pydantic uvicorn cryptography jsonschema msgspec prometheus_client sqlite3 asyncio
    """.split()
)


@dataclass(frozen=True, slots=True)
class Module:
    """A module as it is written: its dotted name, its file and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def is_shell(self) -> bool:
        return _is_shell(self.name)


def _within(name: str, packages: tuple[str, ...] | frozenset[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def _is_shell(name: str) -> bool:
    # `python -m` starts an entry point, and nothing may import one, so it is no part of the core.
    return _within(name, SHELL) or name.endswith(".__main__")


def _modules(package: str) -> list[Module]:
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path, ast.parse(path.read_bytes(), filename=str(path))))
    assert found, f"no modules in {package}/"
    return found


def _imports(module: Module) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of each import, wherever it stands; `from a import b` gives both a and a.b."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.name.split(".")
                keep = len(package) - node.level + (module.path.name == "__init__.py")
                base = ".".join([*package[:keep], *([base] if base else [])])
            yield node.lineno, base
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def _at(module: Module, line: int, what: str) -> str:
    return f"{module.name}:{line}: {what}"


def _impure(module: Module) -> list[str]:
    """List what a core module does that only the shell may."""
    found = []
    for line, name in _imports(module):
        if _is_shell(name):
            found.append(_at(module, line, f"the core imports the shell ({name})"))
        elif name.split(".")[0] not in CORE_IMPORTS | {"rng"}:
            found.append(_at(module, line, f"the core imports {name}"))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CORE_BUILTINS:
            found.append(_at(module, node.lineno, f"the core calls {node.func.id}()"))
    return found


def _random(module: Module) -> list[str]:
    """List where a module reads the system's randomness, or lets a library read it."""
    found = [_at(module, line, f"imports {name}") for line, name in _imports(module) if _within(name, RANDOM_MODULES)]
    aliases = {
        alias.asname or alias.name.split(".")[0]: alias.name if alias.asname else alias.name.split(".")[0]
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            head, _, rest = ast.unparse(node).partition(".")
            chain = f"{aliases.get(head, head)}.{rest}"
            makes_key = node.attr in KEY_MAKERS and ast.unparse(node.value).split(".")[-1][:1].isupper()
            if node.attr in RANDOM_ATTRIBUTES or makes_key or (head in aliases and _within(chain, RANDOM_MODULES)):
                found.append(_at(module, node.lineno, f"uses {chain}"))
        elif isinstance(node, ast.ImportFrom):
            found += [_at(module, node.lineno, f"imports {a.name}") for a in node.names if a.name in RANDOM_ATTRIBUTES]
    return found


def _foreign(module: Module, allowed: set[str]) -> list[str]:
    """List imports that are neither the standard library nor allowed."""
    known = sys.stdlib_module_names | allowed
    return [_at(module, line, f"imports {name}") for line, name in _imports(module) if name.split(".")[0] not in known]


def _sample(source: str, *, name: str = "rng.sample", path: str = "rng/sample.py") -> Module:
    return Module(name, ROOT / path, ast.parse(source))


# --- the rules --------------------------------------------------------------------------------------------------------


def test_no_core_module_of_rng_touches_the_world() -> None:
    assert [offence for module in _modules("rng") if not module.is_shell for offence in _impure(module)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from datetime import datetime",
        "def late():\n    import random",
        "from os import environ",
        "import pathlib as p",
        "from urllib.request import urlopen",
        "import importlib",
        "import verifier.primitives",
        "data = open('rules.json').read()",
        "from rng.games.loader import load",
        "from .games import loader",
        "from rng import entropy",
        "import rng.service.app",
        "from rng.games import __main__",
    ],
)
def test_the_rule_for_the_core_sees_each_way_out(source: str) -> None:
    assert _impure(_sample(source))


@pytest.mark.parametrize(
    "source",
    [
        "import hashlib, json",
        "from rng.seeds import Nonce",
        "from .entropy_words import x",
        "def reopen(): open_epoch()",
    ],
)
def test_the_rule_for_the_core_leaves_harmless_code_alone(source: str) -> None:
    assert _impure(_sample(source)) == []


def test_only_rng_entropy_reads_the_systems_randomness() -> None:
    assert [offence for module in _modules("rng") if module.name != "rng.entropy" for offence in _random(module)] == []


def test_inside_rng_bulk_is_for_the_service_alone_and_numpy_for_bulk_alone() -> None:
    """Whoever plays single rounds needs neither numpy nor the time that it takes to load."""
    others = [module for module in _modules("rng") if not _within(module.name, ("rng.bulk",))]
    users = {module.name for module in others for _, name in _imports(module) if _within(name, ("rng.bulk",))}
    assert users == {"rng.service.batchwork"}

    core = [module.name for module in others if not module.is_shell]
    program = f"import sys, {', '.join(core)}; print('numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.stderr) == ("False\n", "")


def test_the_verifier_uses_no_randomness() -> None:
    assert [offence for module in _modules("verifier") for offence in _random(module)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.urandom(32)",
        "from os import urandom",
        "from random import SystemRandom",
        "import secrets",
        "import nacl.utils\nnacl.utils.random(32)",
        "from nacl import utils",
        "from nacl.signing import SigningKey\nSigningKey.generate()",
        "AESGCM.generate_key(256)",
        "import nacl\nnacl.utils.random(32)",
        "import numpy as np\nnp.random.default_rng()",
        "from numpy import random",
    ],
)
def test_the_rule_for_randomness_sees_each_source(source: str) -> None:
    assert _random(_sample(source))


@pytest.mark.parametrize(
    "source",
    ["source.random_bytes(32)", "drbg.generate(32)", "import os\nos.getpid()", "def uuid(): return self.random.state"],
)
def test_the_rule_for_randomness_leaves_injected_sources_alone(source: str) -> None:
    assert _random(_sample(source)) == []


def test_the_verifier_imports_the_standard_library_and_pynacl_only() -> None:
    assert [offence for module in _modules("verifier") for offence in _foreign(module, {"verifier", "nacl"})] == []


def test_the_verifier_touches_no_network_and_starts_no_process() -> None:
    assert [
        _at(module, line, f"imports {name}")
        for module in _modules("verifier")
        for line, name in _imports(module)
        if _within(name, NETWORK)
    ] == []


def test_statistical_tests_import_numpy_and_scipy_and_nothing_of_ours() -> None:
    allowed = {"statistical_tests", "numpy", "scipy"}
    assert [offence for module in _modules("statistical_tests") for offence in _foreign(module, allowed)] == []


def test_the_rule_for_foreign_packages_sees_them() -> None:
    sample = _sample("import json, nacl.bindings\nfrom rng import seeds\nimport cryptography", name="verifier.sample")
    assert [offence.split(": ")[1] for offence in _foreign(sample, {"verifier", "nacl"})] == [
        "imports rng",
        "imports rng.seeds",
        "imports cryptography",
    ]


def test_no_file_is_longer_than_one_noun_needs() -> None:
    lengths = {
        str(module.path.relative_to(ROOT)): len(module.path.read_text(encoding="utf-8").splitlines())
        for package in PACKAGES
        for module in _modules(package)
    }
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_every_folder_of_tests_is_a_package() -> None:
    """Without __init__.py two test modules of one name would shadow each other."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


# --- a scheme is one name in every place ------------------------------------------------------------------------------


def _file_stem(scheme: str) -> str:
    """Give the name of a scheme as files have it: `hmac-sha256/v1` is hmac_sha256_v1."""
    return scheme.replace("-", "_").replace("/", "_")


def _stems(folder: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob("*.py") if not path.stem.startswith("_")}


def test_a_scheme_is_one_name_in_both_evaluators_the_specification_and_the_vectors() -> None:
    names = set(importlib.import_module("rng.schemes").SCHEMES)
    assert "hmac-sha256/v1" in names
    assert set(importlib.import_module("verifier.schemes").SCHEMES) == names

    stems = {_file_stem(name) for name in names}
    places = {
        "rng/schemes": _stems("rng/schemes"),
        "verifier/schemes": _stems("verifier/schemes"),
        "verifier/spec": {stem for stem in stems if (ROOT / f"verifier/spec/{stem}.md").is_file()},
        "tests/vectors": {stem for stem in stems if (ROOT / f"tests/vectors/{stem}.json").is_file()},
    }
    assert places == dict.fromkeys(places, stems)


# --- a player's first second ------------------------------------------------------------------------------------------


def test_verifying_loads_nothing_of_the_server_and_no_number_crunching() -> None:
    """`fairlot verify` must start fast, and a player installs two packages only."""
    program = "import json, sys, cli.main, verifier.verify; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    loaded = set(json.loads(answer.stdout))
    assert "verifier.verify" in loaded
    assert (
        sorted(name for name in loaded if _within(name, HEAVY | set(SHELL) | {"certification", "statistical_tests"}))
        == []
    )
