"""Answers of SP 800-22's own examples and of sequences whose answer is known, from every engine."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from statistical_tests import kernel
from statistical_tests.bits import Bits


@pytest.fixture(params=kernel.engines(), autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    before = kernel.use(request.param)
    yield request.param
    kernel.use(before)


def of(text: str) -> tuple[NDArray[np.uint8], int]:
    bits = Bits.from_text(text)
    return bits.packed, bits.length


def test_ones_of_blocks() -> None:
    """SP 800-22 2.2.4: three blocks of three bits, and one bit that is left out."""
    assert kernel.ones(*of("0110011010"), 3).tolist() == [2, 1, 2]


def test_transitions() -> None:
    """SP 800-22 2.3.4 (3): V = 7 is one more."""
    assert kernel.transitions(*of("1001101011")) == 6


def test_longest_runs() -> None:
    """SP 800-22 2.4.8: four blocks up to 1, nine with 2, three with 3."""
    text = (
        "11001100000101010110110001001100111000000000001001001101010100010001001111010110"
        "100000001101011111001100111001101101100010110010"
    )
    found = kernel.longest_runs(*of(text), 8)
    assert np.bincount(np.clip(found, 1, 4), minlength=5).tolist() == [0, 4, 9, 3, 0]
    assert found[:4].tolist() == [2, 1, 2, 2]


def test_ranks() -> None:
    """SP 800-22 2.5.4: two matrices, of rank 2 and 3."""
    assert kernel.matrix_ranks(*of("01011001001010101101"), 3, 3).tolist() == [2, 3]
    identity = np.packbits(np.eye(1025, 1030, dtype=np.uint8).ravel())
    assert kernel.matrix_ranks(identity, 1025 * 1030, 1025, 1030).tolist() == [1025]
    ones = np.full(128, 255, dtype=np.uint8)
    assert kernel.matrix_ranks(ones, 1024, 32, 32).tolist() == [1]


def test_counts_of_windows() -> None:
    """SP 800-22 2.12.4 and 2.11.4: windows of three bits, around the end."""
    assert kernel.window_counts(*of("0100110101"), 3, cyclic=True).tolist() == [[0, 1, 3, 1, 1, 3, 1, 0]]
    assert kernel.window_counts(*of("0011011101"), 2, cyclic=True).tolist() == [[1, 3, 3, 3]]
    assert kernel.window_counts(*of("01"), 3, cyclic=True).tolist() == [[0, 0, 1, 0, 0, 1, 0, 0]]
    assert kernel.window_counts(*of("01"), 3).tolist() == [[0] * 8]


def test_places_of_a_template() -> None:
    """SP 800-22 2.7.4: 001 stands twice in the first block and once in the second."""
    assert kernel.template_counts(*of("10100100101110010110"), 10, 0b001, 3).tolist() == [2, 1]
    # 2.8.4: 11 in blocks of ten, overlapping; the text of the standard counts two of the blocks wrongly.
    text = "10111011110010110100011100101110111110000101101001"
    assert kernel.template_counts(*of(text), 10, 0b11, 2).tolist() == [5, 1, 3, 4, 1]


def test_distances_of_blocks() -> None:
    """SP 800-22 2.9.4: after four blocks that fill the table, distances 3, 6, 2, 1, 1 and 4."""
    assert kernel.universal_distances(*of("01011010011101010111"), 2, 4).tolist() == [0, 2, 1, 1, 1, 0, 1]


def test_a_walk() -> None:
    """SP 800-22 2.14.4 and 2.15.4: the walk -1 0 1 0 1 2 1 2 1 2 has three cycles."""
    walk = kernel.walk(*of("0110110101"))
    assert (walk.minimum, walk.maximum, walk.final, walk.cycles) == (-1, 2, 2, 3)
    assert walk.visits[3].tolist() == [2, 1, 0, 0, 0, 0]  # -1
    assert walk.visits[4].tolist() == [1, 1, 0, 1, 0, 0]  # 1
    assert walk.visits[5].tolist() == [2, 0, 0, 1, 0, 0]  # 2
    assert walk.totals.tolist() == [0] * 8 + [1] + [4, 3] + [0] * 7
    assert (walk.visits.sum(axis=1) == 3).all()
    still = kernel.walk(np.empty(0, dtype=np.uint8), 0)
    assert (still.minimum, still.maximum, still.final, still.cycles) == (0, 0, 0, 0)


def test_a_walk_that_only_goes_up() -> None:
    walk = kernel.walk(np.full(1000, 255, dtype=np.uint8), 7999)
    assert (walk.minimum, walk.maximum, walk.final, walk.cycles) == (0, 7999, 7999, 1)
    assert walk.totals.tolist() == [0] * 9 + [1] * 9


def test_linear_complexities() -> None:
    """SP 800-22 2.10.4; zeros with a last one; a register of known length; and a block with nothing in it."""
    assert kernel.linear_complexities(*of("1101011110001"), 13).tolist() == [4]
    assert kernel.linear_complexities(*of("0" * 69 + "1"), 70).tolist() == [70]
    assert kernel.linear_complexities(*of("0" * 140), 70).tolist() == [0, 0]
    register = [1] + [0] * 88
    while len(register) < 3000:
        register.append(register[-38] ^ register[-89])
    found = kernel.linear_complexities(np.packbits(np.array(register, dtype=np.uint8)), 3000, 1000)
    assert found.tolist() == [89, 89, 89]


def test_bins_below_a_threshold() -> None:
    """SP 800-22 2.6.4: moduli 0, 2, 4.472, 2, 4.472, all of them below 5.473; the text counts four."""
    packed, length = of("1001010011")
    assert kernel.spectrum_below(packed, length, 5.473) == 5
    assert kernel.spectrum_below(packed, length, 4.4) == 3
    # A sequence that alternates has all of its spectrum in the bin that is not looked at.
    alternating = np.full(128, 0b10101010, dtype=np.uint8)
    assert kernel.spectrum_below(alternating, 1024, 1e-6) == 512
    assert kernel.spectrum_below(np.full(128, 255, dtype=np.uint8), 1024, 1023.9) == 511
