"""The exact references of the mode `corrected`, against enumeration, published tables and simulation."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
from scipy import stats
from scipy.special import erfc

from statistical_tests import kernel, sp800_22
from statistical_tests.bits import Bits
from statistical_tests.sp800_22 import (
    approximate_entropy,
    block_frequency,
    linear_complexity,
    longest_run,
    non_overlapping_template,
    overlapping_template,
)
from statistical_tests.sp800_22.cumulative_sums import reach
from statistical_tests.sp800_22.frequency import sum_two_sided
from statistical_tests.sp800_22.shared import Counts, Floats
from tests.statistical_tests.sp800_22.sequences import fast_ideal

# Functions have the names of their modules, so that modules are fetched by name.
universal, runs, rank, fft, longest, overlapping, templates, complexity, excursions, variant = (
    import_module(f"statistical_tests.sp800_22.{name}")
    for name in (
        *("universal", "runs", "rank", "fft", "longest_run", "overlapping_template", "non_overlapping_template"),
        *("linear_complexity", "random_excursions", "random_excursions_variant"),
    )
)


def every_string(length: int) -> Counts:
    """Return all strings of `length` bits, shape [2**length, length]."""
    strings: Counts = (np.arange(1 << length)[:, None] >> np.arange(length - 1, -1, -1)) & 1
    return strings


def occurrences(strings: Counts, template: tuple[int, ...]) -> Counts:
    places = strings.shape[1] - len(template) + 1
    here = np.ones((len(strings), places), dtype=bool)
    for i, bit in enumerate(template):
        here &= strings[:, i : i + places] == bit
    counts: Counts = np.count_nonzero(here, axis=1)
    return counts


@pytest.mark.parametrize("length", [1, 2, 3, 10, 11])
def test_frequency_is_the_share_of_strings_whose_sum_is_at_least_as_far_from_0(length: int) -> None:
    sums = 2 * every_string(length).sum(axis=1) - length
    for total in np.unique(sums):
        assert sum_two_sided(int(total), length) == pytest.approx(np.mean(np.abs(sums) >= abs(total)), rel=1e-12)


@pytest.mark.parametrize("length", [1, 2, 5, 12, 13])
def test_cumulative_sums_is_the_share_of_walks_that_get_as_far(length: int) -> None:
    farthest = np.abs(np.cumsum(2 * every_string(length) - 1, axis=1)).max(axis=1)
    for distance in range(1, length + 1):
        assert reach(distance, length) == pytest.approx(np.mean(farthest >= distance), rel=1e-12)


@pytest.mark.parametrize("distance", [9, 17, 30, 60, 100])
def test_cumulative_sums_of_a_thousand_steps_agrees_with_stepping_the_distribution_on(distance: int) -> None:
    inside = np.zeros(2 * distance + 1)
    inside[distance] = 1.0
    for _ in range(1000):
        inside[[0, -1]] = 0.0
        inside[1:-1] = (inside[:-2] + inside[2:]) / 2
        inside[[0, -1]] = 0.0
    left = 1.0 - math.fsum(inside)
    assert reach(distance, 1000) == pytest.approx(left, rel=1e-9, abs=1e-13)


def test_cumulative_sums_has_no_p_value_of_zero_where_it_is_merely_small() -> None:
    assert reach(1000, 1000) == pytest.approx(2.0**-999, rel=1e-9)
    assert reach(31_622, 1_000_000) == pytest.approx(4 * stats.norm.sf(31.622), rel=0.02)


@pytest.mark.parametrize("ones", [1, 3, 5, 8])
def test_runs_is_twice_the_smaller_share_of_arrangements(ones: int) -> None:
    strings = every_string(11)
    of_ones = strings[strings.sum(axis=1) == ones]
    found = 1 + (of_ones[:, 1:] != of_ones[:, :-1]).sum(axis=1)
    for number in np.unique(found):
        expected = min(1.0, 2 * min(np.mean(found <= number), np.mean(found >= number)))
        assert runs.runs_two_sided(int(number), ones, 11 - ones) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("ones", [5000, 5040, 5099])
def test_runs_beyond_ten_thousand_bits_are_within_a_hundred_thousandth_of_the_sums(ones: int) -> None:
    for number in range(4800, 5200, 7):
        summed = runs._exact(number, ones, 10_001 - ones)
        assert runs._normal(number, ones, 10_001 - ones) == pytest.approx(summed, abs=1e-5)


def test_longest_runs_are_counted_as_enumeration_counts_them() -> None:
    for length in range(1, 13):
        strings = ["".join(map(str, row)) for row in every_string(length)]
        longest_of = [max(map(len, text.split("0"))) for text in strings]
        for run in range(length + 1):
            assert longest.strings_within(length, run) == sum(one <= run for one in longest_of)


def test_classes_of_longest_runs_are_those_of_the_standard_but_for_blocks_of_10_000() -> None:
    """SP 800-22 3.4: exact at blocks of 8 and 128; at 10,000 bits, the standard is off in the third digit."""
    assert longest.class_probabilities(8) * 256 == pytest.approx([55, 94, 59, 48], rel=1e-15)
    assert longest.class_probabilities(128) == pytest.approx(longest._C_CODE[128], abs=5e-9)
    exact = longest.class_probabilities(10_000)
    assert exact == pytest.approx([0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727], abs=0.0016)
    assert math.fsum(exact) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (3, 3), (2, 5), (4, 3)])
def test_ranks_are_as_probable_as_enumeration_of_all_matrices_says(rows: int, columns: int) -> None:
    bits = Bits.from_array(every_string(rows * columns).ravel())
    ranks = kernel.matrix_ranks(bits.packed, bits.length, rows, columns)
    for of_rank in range(min(rows, columns) + 1):
        assert rank.rank_probability(rows, columns, of_rank) == pytest.approx(np.mean(ranks == of_rank), rel=1e-13)


@pytest.mark.parametrize(("template_bits", "block_bits"), [(2, 2), (2, 12), (3, 13), (4, 14)])
def test_overlapping_templates_are_as_probable_as_enumeration_says(template_bits: int, block_bits: int) -> None:
    counts = occurrences(every_string(block_bits), (1,) * template_bits)
    expected = np.bincount(np.minimum(counts, 5), minlength=6) / len(counts)
    assert overlapping.class_probabilities(template_bits, block_bits) == pytest.approx(expected, rel=1e-13, abs=1e-300)


def test_overlapping_template_probabilities_are_those_of_hamano_and_kaneko() -> None:
    """Correction of overlapping template matching test included in NIST randomness test suite, 2007; rev 1a, 3.8."""
    expected = [0.364091, 0.185659, 0.139381, 0.100571, 0.070432, 0.139865]
    assert overlapping.class_probabilities(9, 1032) == pytest.approx(expected, abs=1e-6)


def test_the_limit_of_the_c_code_is_what_it_was_recorded_to_be() -> None:
    recorded = [0.36787944117144233, 0.18393972058572114, 0.13795479043929088]
    recorded += [0.09963401531726565, 0.06993541459769613, 0.14065661788858386]
    assert overlapping.limit_probabilities(9, 1032) == pytest.approx(recorded, rel=1e-13)


@pytest.mark.parametrize(("template_bits", "places"), [(2, 1), (3, 2), (3, 9), (4, 10), (5, 9)])
def test_the_variance_of_an_aperiodic_template_is_that_of_all_strings(template_bits: int, places: int) -> None:
    strings = every_string(places + template_bits - 1)
    for value in templates.aperiodic_templates(template_bits).tolist():
        template = tuple(int(bit) for bit in f"{value:0{template_bits}b}")
        counts = occurrences(strings, template)
        assert templates.count_variance(template_bits, places) == pytest.approx(counts.var(), rel=1e-12)


def test_aperiodic_templates_are_those_that_cannot_overlap_themselves() -> None:
    for size in range(2, 10):
        free = [
            value
            for value in range(1 << size)
            if not any((text := f"{value:0{size}b}")[shift:] == text[:-shift] for shift in range(1, size))
        ]
        assert templates.aperiodic_templates(size).tolist() == free


@pytest.mark.parametrize("block_bits", [10, 11, 12])
def test_linear_complexities_are_as_probable_as_enumeration_says(block_bits: int) -> None:
    bits = Bits.from_array(every_string(block_bits).ravel())
    found = kernel.linear_complexities(bits.packed, bits.length, block_bits)
    for value in range(block_bits + 1):
        assert complexity.strings_of(block_bits, value) == np.count_nonzero(found == value)
    steps = np.clip(complexity._steps(found, block_bits), -3, 3) + 3
    assert complexity.class_probabilities(block_bits) * len(found) == pytest.approx(np.bincount(steps, minlength=7))


@pytest.mark.parametrize("block_bits", [500, 501, 1000, 4999])
def test_the_sign_that_the_c_code_has_wrong_moves_no_block_to_another_class(block_bits: int) -> None:
    sign = (-1.0) ** block_bits
    found = np.arange(block_bits // 2 - 9, block_bits // 2 + 10)
    edges = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]
    small = Fraction(block_bits, 3) + Fraction(2, 9)
    for wrong in (1, -1):
        mean = block_bits / 2 + (9 + wrong * sign) / 36 - float(small / 2**block_bits)
        classes = np.searchsorted(edges, sign * (found - mean) + 2 / 9, side="left")
        assert (classes == np.clip(complexity._steps(found, block_bits), -3, 3) + 3).all()


def test_linear_complexity_tends_to_the_limits_of_the_standard() -> None:
    limits = [1 / 96, 1 / 32, 1 / 8, 1 / 2, 1 / 4, 1 / 16, 1 / 48]
    assert complexity.class_probabilities(500) == pytest.approx(limits, rel=1e-12)
    assert complexity.class_probabilities(501) == pytest.approx(limits, rel=1e-12)


def test_visits_of_states_are_as_probable_as_in_the_c_code() -> None:
    """SP 800-22 3.14; the C code has ten digits."""
    first = [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125]
    fourth = [0.875, 0.015625, 0.013671875, 0.01196289063, 0.0104675293, 0.0732727051]
    chances = excursions.class_probabilities()
    assert chances[3] == pytest.approx(first, abs=1e-10)
    assert (chances == chances[::-1]).all()
    assert chances[0] == pytest.approx(fourth, abs=1e-10)
    assert chances.sum(axis=1) == pytest.approx(np.ones(8), abs=1e-15)


def visits_of_cycles(cycles: int, distance: int, most: int) -> Floats:
    """Return the probabilities of 0 … most visits in so many cycles, cycle by cycle."""
    home = 1 / (2 * distance)
    one = np.append(1 - home, home * home * (1 - home) ** np.arange(most))
    after = np.append(1.0, np.zeros(most))
    for _ in range(cycles):
        after = np.convolve(after, one)[: most + 1]
    return after


@pytest.mark.parametrize(("cycles", "distance"), [(1, 1), (2, 3), (7, 1), (20, 9), (60, 2)])
def test_visits_of_a_state_have_the_tails_of_their_distribution(cycles: int, distance: int) -> None:
    chances = visits_of_cycles(cycles, distance, 3000)
    for visits in (0, 1, 2, cycles // 2, cycles, cycles + 1, 2 * cycles, 5 * cycles):
        at_least = 1.0 if visits == 0 else math.fsum(chances[visits:])
        expected = min(1.0, 2 * min(math.fsum(chances[: visits + 1]), at_least))
        assert variant.visits_two_sided(visits, cycles, distance) == pytest.approx(expected, rel=1e-9)


def test_the_normal_limit_of_visits_refuses_too_often_and_the_exact_distribution_does_not() -> None:
    """500 cycles and |x| = 9: 5.3 of 10,000 where one is meant, as the docstring of the test says."""
    chances = visits_of_cycles(500, 9, 3000)
    visits = np.arange(len(chances))
    limit = erfc(np.abs(visits - 500) / np.sqrt(2 * 500 * (4 * 9 - 2)))
    assert chances[limit < 1e-4].sum() == pytest.approx(5.3e-4, abs=0.05e-4)
    exact = np.array([variant.visits_two_sided(count, 500, 9) for count in range(1600)])
    assert 0.9e-4 < chances[:1600][exact < 1e-4].sum() <= 1e-4


def test_the_expected_logarithm_of_universal_is_that_of_the_standard() -> None:
    for block_bits in range(1, 17):
        assert universal.expected_value(block_bits) == pytest.approx(universal._EXPECTED[block_bits - 1], abs=5.1e-7)


def test_the_variance_of_universal_is_that_of_coron_and_naccache() -> None:
    """Their table: the variance of the mean is that of one logarithm, over K, times (d + e 2^L / K)."""
    table = [
        *((0.2732725, 0.4890883), (0.3045101, 0.4435381), (0.3296587, 0.4137196), (0.3489769, 0.3941338)),
        *((0.3631815, 0.3813210), (0.3732189, 0.3730195), (0.3800637, 0.3677118), (0.3845867, 0.3643695)),
        *((0.3874942, 0.3622979), (0.3893189, 0.3610336)),
    ]
    for block_bits, (d, e) in enumerate(table, start=3):
        blocks = (1000 << block_bits, 2000 << block_bits)
        logarithms, chances = universal._distances(block_bits)
        variance = np.dot(logarithms**2, chances) - universal.expected_value(block_bits) ** 2
        shares = [universal.mean_variance(block_bits, tested) * tested / variance for tested in blocks]
        slope = (shares[0] - shares[1]) * 2000
        assert shares[0] - slope / 1000 == pytest.approx(d, abs=1.0e-7)
        assert slope == pytest.approx(e, abs=6e-7)


def test_blocks_of_frequency_have_the_tail_that_their_exact_distribution_has() -> None:
    """40 blocks of 20 bits: the distribution of the sum of squares, by convolution."""
    deviations = (2 * np.arange(21) - 20) ** 2 // 4
    one = np.bincount(deviations, weights=stats.binom.pmf(np.arange(21), 20, 0.5))
    total = np.array([1.0])
    for _ in range(40):
        total = np.convolve(total, one)
    tail = np.cumsum(total[::-1])[::-1]
    for value in (200, 230, 270, 300):
        exact = tail[value]
        chi_square = value * 4 / 20
        corrected = stats.gamma.sf(chi_square, 40 / (2 * 0.95), scale=2 * 0.95)
        standard = stats.chi2.sf(chi_square, 40)
        middle = exact - total[value] / 2
        assert abs(corrected - middle) < abs(standard - middle)
        assert corrected == pytest.approx(middle, rel=0.1)


@pytest.mark.slow
def test_the_spectrum_has_the_variance_that_parseval_leaves_it() -> None:
    """40,000 ideal streams of 1,000 bits: within 4 standard errors of the derived variance, and 7 from the C code's."""
    streams = np.random.Generator(np.random.Philox(22)).integers(0, 2, size=(40_000, 1000), dtype=np.int8)
    moduli = np.abs(np.fft.rfft(2.0 * streams - 1.0, axis=1)[:, :500])
    below = np.count_nonzero(moduli < math.sqrt(1000 * math.log(20.0)), axis=1)
    error = math.sqrt(2 / len(below))
    assert below.mean() == pytest.approx(475, abs=4 * below.std() / math.sqrt(len(below)))
    assert below.var() / (500 * fft.VARIANCE) == pytest.approx(1.0, abs=4 * error)
    assert abs(below.var() / (1000 * 0.95 * 0.05 / 4) - 1) > 7 * error


@pytest.mark.slow
def test_p_values_of_ideal_streams_are_uniform_in_every_column_that_a_short_stream_has() -> None:
    """1,000 streams of 20,000 bits, at parameters for which each test is applicable, by the family-wise rule."""
    parameters = sp800_22.Parameters(
        block_frequency_block_bits=128,
        rank_rows=16,
        rank_columns=16,
        non_overlapping_template_bits=5,
        overlapping_template_bits=4,
        overlapping_template_block_bits=64,
        universal_block_bits=2,
        approximate_entropy_window_bits=5,
        random_excursions_least_cycles=100,
        serial_window_bits=8,
        linear_complexity_block_bits=50,
    )
    findings = sp800_22.run_streams(fast_ideal(1, 20_000, 1000), parameters=parameters)
    columns = sp800_22.second_level(findings)
    # Excursions are left out where there are too few cycles.
    assert {column.name: column.applicable for column in columns if column.applicable < 400} == {}
    assert sp800_22.family(columns)[0].adjusted > 0.001


def test_the_spectrum_takes_half_a_step_off_its_count() -> None:
    (bits,) = fast_ideal(4, 10_000)
    finding = sp800_22.fft(bits)
    away = abs(finding.as_json()["statistic"]["below"] - 4750)
    deviation = (away - 0.5) / math.sqrt(5000 * fft.VARIANCE)
    assert finding.p_values[0] == pytest.approx(2 * stats.norm.sf(max(deviation, 0.0)), rel=1e-9)


@pytest.mark.slow
def test_approximate_entropy_of_ideal_streams_has_the_mean_that_its_correction_assumes() -> None:
    """10,000 streams of 16,384 bits at m = 8, as short as the standard allows; a tenth of the excess is left."""
    findings = [approximate_entropy(bits, window_bits=8) for bits in fast_ideal(16, 16_384, 10_000)]
    ratios = np.array([one.as_json()["statistic"]["chi_square"] for one in findings]) / 256
    excess, error = 256 / (2 * 16_384), ratios.std() / math.sqrt(len(ratios))
    assert ratios.mean() - 1 == pytest.approx(excess, abs=3 * error + excess / 10)
    assert ratios.mean() - 1 > 5 * error
    assert stats.kstest([one.p_values[0] for one in findings], "uniform").pvalue > 0.001


def test_findings_say_what_was_computed() -> None:
    (bits,) = fast_ideal(3, 200_000)
    assert block_frequency(bits).statistic["chi_square"] == pytest.approx(
        4 * 128 * sum((np.mean(block) - 0.5) ** 2 for block in bits.unpacked()[: 1562 * 128].reshape(-1, 128))
    )
    assert longest_run(bits).parameters["block_bits"] == 128
    assert sum(linear_complexity(bits).as_json()["statistic"]["counts"]) == 400
    assert sum(overlapping_template(bits).as_json()["statistic"]["counts"]) == 193
    found = non_overlapping_template(bits, template_bits=4, blocks=2).as_json()
    text = "".join(map(str, bits.unpacked()))
    mean, variance = found["statistic"]["mean"], found["statistic"]["variance"]
    for column, chi_square in zip(found["columns"], found["statistic"]["chi_square"], strict=True):
        template = column.removeprefix("template ")
        counts = [text[:100_000].count(template), text[100_000:].count(template)]
        assert chi_square == pytest.approx(sum((count - mean) ** 2 for count in counts) / variance)


def test_names_of_columns_are_unique_within_a_test() -> None:
    for finding in sp800_22.run(fast_ideal(2, 1_000_000)[0]):
        assert len(set(finding.columns)) == len(finding.columns)
    assert len(list(itertools.chain.from_iterable(one.columns for one in sp800_22.run(fast_ideal(2, 100)[0])))) == 188
