"""The vector files and the tables of the specification are what the verifier makes today."""

import json
import re
import shutil
import subprocess

import pytest

from tests.vectors import make
from tests.verifier.published import SPECIFICATION, VECTORS
from verifier import canonical, merkle, primitives


@pytest.mark.parametrize("name", sorted(make.MADE))
def test_a_vector_file_is_what_its_maker_writes(name: str) -> None:
    """A change of the verifier, or of a file by hand, shows here; `python -m tests.vectors.make` writes them anew."""
    assert (VECTORS / name).read_text(encoding="utf-8") == make.render(make.MADE[name]())


def rows(document: str) -> list[list[str]]:
    """Return the cells of all table rows of a specification document, without heads and rules."""
    text = (SPECIFICATION / document).read_text(encoding="utf-8")
    lines = [line for line in text.split("## Vectors")[1].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_table_of_the_scheme_agrees_with_the_vector_file() -> None:
    """Every value of a column stands in one round of the file."""
    rounds = json.loads((VECTORS / "hmac_sha256_v1.json").read_text(encoding="utf-8"))["rounds"]
    table = {row[0]: row[1:] for row in rows("hmac_sha256_v1.md")}
    assert len(table["block 0"]) == 3
    for column, block_0 in enumerate(table["block 0"]):
        (found,) = [r for r in rounds if f"`{r['blocks']['0']}`" == block_0]
        shown = {name: values[column] for name, values in table.items() if name and values[column] != "(empty)"}
        seed = found["client_seed"] if found["client_seed"].isascii() else found["client_seed_hex"]
        assert shown.pop("client seed").removeprefix("hex ") == f"`{seed}`"
        assert shown.pop("block 1") == f"`{found['blocks']['1']}`"
        assert shown.pop("block 0") == block_0
        if "beacon" not in shown:
            assert found["beacon"] == ""
        for name, value in shown.items():
            assert value == f"`{found[name.replace(' ', '_')]}`"


def test_the_table_of_the_primitives_is_right() -> None:
    """Each row, computed again: a result and the number of words it took."""
    cases = [row for row in rows("primitives.md") if row[0].startswith("`")]
    assert len(cases) == 12
    for draw, stream, result, taken in cases:
        match = re.fullmatch(r"`(\w+)\((.*)\)`", draw)
        assert match is not None
        arguments = json.loads("{" + re.sub(r"(\w+)=", r'"\1": ', match[2]) + "}")
        data = bytes.fromhex(stream.strip("`")).ljust(32, b"\0")
        words = primitives.Words([data].__getitem__)
        assert make.PRIMITIVES[match[1]](words, **arguments) == json.loads(result.strip("`"))
        assert words.taken == int(taken)


def test_the_tables_of_canonical_json_are_right() -> None:
    """The first table's digests are those of its bytes, and everything in the second is malformed."""
    good = [row for row in rows("canonical.md") if len(row) == 3 and row[1].startswith("`")]
    bad = [row for row in rows("canonical.md") if len(row) == 2 and row[0].startswith("`")]
    assert (len(good), len(bad)) == (3, 11)
    for _, data, digest in good:
        assert canonical.digest(canonical.decode(bytes.fromhex(data.strip("`")))) == digest.strip("`")
    for data, why in bad:
        assert re.match(r"C\d\.\d: ", why)
        with pytest.raises(canonical.Malformed):
            canonical.decode(bytes.fromhex(data.strip("`")))


def test_the_table_of_merkle_roots_is_right() -> None:
    """Each row's root is that of its leaves."""
    cases = [row for row in rows("merkle.md") if row[1].startswith("`")]
    assert len(cases) == 5
    for leaves, root in cases:
        data = [] if leaves == "none" else [bytes.fromhex(leaf.strip('`"')) for leaf in leaves.split(", ")]
        assert merkle.root(data).hex() == root.strip("`")


@pytest.mark.skipif(shutil.which("openssl") is None or shutil.which("bash") is None, reason="needs openssl and bash")
def test_the_shell_lines_of_the_scheme_print_commitment_and_first_block() -> None:
    """A player can do it by hand: the lines of the specification, run as they stand."""
    text = (SPECIFICATION / "hmac_sha256_v1.md").read_text(encoding="utf-8")
    script = text.split("```sh\n")[1].split("```")[0]
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
    first = json.loads((VECTORS / "hmac_sha256_v1.json").read_text(encoding="utf-8"))["rounds"][0]
    printed = [line.split("= ")[1] for line in done.stdout.splitlines()]
    assert printed == [first["commitment"], first["blocks"]["0"]]
