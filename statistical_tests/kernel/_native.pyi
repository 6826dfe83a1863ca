"""The compiled part, csrc/module.c. Arguments are checked by statistical_tests.kernel; these check lengths once more."""

from typing import Any

from numpy.typing import NDArray

def ones(packed: NDArray[Any], length: int, block_bits: int, out: NDArray[Any], /) -> None: ...
