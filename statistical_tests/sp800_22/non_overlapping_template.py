"""NonOverlappingTemplate: whether each aperiodic pattern occurs as often as it should."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import special

from statistical_tests import kernel
from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.few_occurrences import squares_tail
from statistical_tests.sp800_22.shared import Counts, Shared, of, recommended, require_mode

NAME = "NonOverlappingTemplate"
SECTION = "SP 800-22 2.7"
LEAST_EXPECTED = 5.0
FEW_EXPECTED = 100.0
"""Below it, the counts are visibly not normal: with 5, chi-square has 5.2 of 10,000 p-values of ideal bits below 0.0001
and 27 of a million below 10^-6; with 100, 1.2 and 1.7."""
_RARE = 5
"""Bits of a template from which chi-square has too short a tail for few counts. With 2 to 4 bits it is conservative at
0.01 and below."""


def non_overlapping_template(
    bits: Bits | Shared, *, template_bits: int = 9, blocks: int = 8, mode: str = "corrected"
) -> Finding:
    """Test, for each aperiodic template of m bits, whether it occurs in N blocks as often as it should.

    An aperiodic template cannot overlap itself, so that its occurrences without overlap are all its occurrences, and
    one histogram of windows a block serves all templates (148 of nine bits). Templates are in increasing order.

    Each count has mean (M - m + 1) / 2^m in a block of M bits. `corrected`: its exact variance, which with L = M - m +
    1 places is L / 2^m - ((2m - 1) L - m (m - 1)) / 4^m; and where fewer than 100 are expected in a block, of templates
    of 5 bits or more, the law of the sum of squares of such counts in place of its limit, chi-square: see
    `few_occurrences`. `nist-compat`: M (1 / 2^m - (2m - 1) / 4^m), and chi-square. The C code also tests only 148 of
    the templates of more than nine bits; here all are. The p-values of one stream depend on one another: a template
    and its mirror image have nearly the same counts.

    Args:
        bits: enough for five expected occurrences a block, 20,544 at the usual parameters. The standard recommends
            none.
        template_bits: m, 2 to 16.
        blocks: N, 1 to 100.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or a number out of range.
    """
    shared, mode = of(bits), require_mode(mode)
    template_bits = whole_number(template_bits, "template_bits", least=2, most=16)
    blocks = whole_number(blocks, "blocks", least=1, most=100)
    length = len(shared)
    block_bits = length // blocks
    parameters = {"mode": mode, "bits": length, "template_bits": template_bits, "blocks": blocks}
    columns = template_names(template_bits)
    places = block_bits - template_bits + 1
    mean = max(places, 0) / 2**template_bits
    text = f"{LEAST_EXPECTED:g} expected occurrences a block at least, and there are {mean:.3g} in {block_bits} bits"
    reason, notes = recommended(mode, mean >= LEAST_EXPECTED, text)
    if reason or places < 1:
        return not_applicable(NAME, SECTION, reason or text, parameters=parameters, columns=columns)
    if mode == "corrected":
        variance = count_variance(template_bits, places)
    else:
        variance = block_bits * (2.0**-template_bits - (2 * template_bits - 1) * 4.0**-template_bits)
    windows = kernel.window_counts(shared.bits.packed, length, template_bits, blocks=blocks)
    counts = windows[:, aperiodic_templates(template_bits)]
    chi_squares = ((counts - mean) ** 2).sum(axis=0) / variance
    if mode == "corrected" and mean < FEW_EXPECTED and template_bits >= _RARE:
        p_values = squares_tail(chi_squares, mean=mean, variance=variance, blocks=blocks)
    else:
        p_values = special.gammaincc(blocks / 2, chi_squares / 2)
    statistic = {"mean": mean, "variance": variance, "chi_square": chi_squares.tolist()}
    return Finding(NAME, SECTION, parameters, statistic, tuple(p_values.tolist()), columns, notes=notes)


def count_variance(template_bits: int, places: int) -> float:
    """Return the exact variance of the occurrences of an aperiodic template at so many places of random bits.

    Two places nearer than the template's length exclude one another, and places farther apart are independent.
    """
    near = min(template_bits - 1, places - 1)
    pairs = sum(places - distance for distance in range(1, near + 1))
    chance = 2.0**-template_bits
    return places * chance - (places + 2 * pairs) * chance**2


@cache
def aperiodic_templates(template_bits: int) -> Counts:
    """Return, in increasing order, the templates whose end is nowhere their beginning, as numbers."""
    values = np.arange(1 << template_bits, dtype=np.int64)
    free = np.ones(len(values), dtype=bool)
    for shift in range(1, template_bits):
        free &= (values >> shift) != (values & ((1 << (template_bits - shift)) - 1))
    templates = values[free]
    templates.flags.writeable = False
    return templates


@cache
def template_names(template_bits: int) -> tuple[str, ...]:
    """Return what the columns are called: `template` and the bits."""
    return tuple(f"template {value:0{template_bits}b}" for value in aperiodic_templates(template_bits).tolist())
