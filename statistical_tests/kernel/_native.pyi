"""The compiled part. statistical_tests.kernel checks arguments and says in words what is wrong; these check lengths."""

from typing import Any

from numpy.typing import NDArray

def ones(packed: NDArray[Any], length: int, block_bits: int, out: NDArray[Any], /) -> None: ...
