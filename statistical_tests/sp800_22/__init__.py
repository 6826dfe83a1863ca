"""NIST SP 800-22 revision 1a: fifteen tests of a stream of bits, and what many streams say together."""

from statistical_tests.sp800_22.approximate_entropy import approximate_entropy
from statistical_tests.sp800_22.battery import ALL, Parameters, StreamFailed, run, run_streams
from statistical_tests.sp800_22.block_frequency import block_frequency
from statistical_tests.sp800_22.cumulative_sums import cumulative_sums
from statistical_tests.sp800_22.fft import fft
from statistical_tests.sp800_22.frequency import frequency
from statistical_tests.sp800_22.linear_complexity import linear_complexity
from statistical_tests.sp800_22.longest_run import longest_run
from statistical_tests.sp800_22.non_overlapping_template import non_overlapping_template
from statistical_tests.sp800_22.overlapping_template import overlapping_template
from statistical_tests.sp800_22.random_excursions import random_excursions
from statistical_tests.sp800_22.random_excursions_variant import random_excursions_variant
from statistical_tests.sp800_22.rank import rank
from statistical_tests.sp800_22.report import report
from statistical_tests.sp800_22.runs import runs
from statistical_tests.sp800_22.second_level import Column, Weighed, family, second_level
from statistical_tests.sp800_22.serial import serial
from statistical_tests.sp800_22.shared import MODES, Mode, Shared
from statistical_tests.sp800_22.universal import universal

__all__ = [
    "ALL",
    "MODES",
    "Column",
    "Mode",
    "Parameters",
    "Shared",
    "StreamFailed",
    "Weighed",
    "approximate_entropy",
    "block_frequency",
    "cumulative_sums",
    "family",
    "fft",
    "frequency",
    "linear_complexity",
    "longest_run",
    "non_overlapping_template",
    "overlapping_template",
    "random_excursions",
    "random_excursions_variant",
    "rank",
    "report",
    "run",
    "run_streams",
    "runs",
    "second_level",
    "serial",
    "universal",
]
