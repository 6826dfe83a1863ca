"""Turn a round's stream into integers, step by step as ``spec/primitives.md`` has it (P1, P2 ...)."""

from collections.abc import Callable, Sequence

BLOCK_BYTES = 32
WORD_BYTES = 8

MAX_UNIFORM = 2**53
MAX_SAMPLE = 2**32
DENSE_SAMPLE = 1024  # Up to here `sample` keeps the whole list; beyond it only the places that were touched.


class Words:
    """Read a round's stream as 64-bit words, each of them once.

    ``block`` gives the stream's block of an index from 0, 32 bytes; ``taken`` counts the words that were read, and
    ``rejected`` those among them that `uniform` did not use.
    """

    __slots__ = ("block", "rejected", "stream", "taken")

    def __init__(self, block: Callable[[int], bytes]) -> None:
        self.block = block
        self.stream = b""
        self.taken = 0
        self.rejected = 0

    def next(self) -> int:
        """Take the next word, 0 to 2^64 - 1.

        Raises:
            ValueError: the block function gave something other than 32 bytes.

        Specification: primitives.md, steps P1 and P2.
        """
        # P1: the stream is the blocks one after another; a block is made when its first byte is needed.
        offset = self.taken * WORD_BYTES
        if offset % BLOCK_BYTES == 0:
            block = self.block(offset // BLOCK_BYTES)
            if len(block) != BLOCK_BYTES:
                raise ValueError(f"block {offset // BLOCK_BYTES} of the stream must be {BLOCK_BYTES} bytes")
            self.stream = block
        # P2: the next eight bytes, most significant first.
        start = offset % BLOCK_BYTES
        word = int.from_bytes(self.stream[start : start + WORD_BYTES], "big")
        self.taken += 1
        return word


def uniform(words: Words, n: int) -> int:
    """Draw an integer from 0 to n - 1, each with exactly the same probability.

    Args:
        words: where the words come from.
        n: how many answers there are, 1 to 2^53.

    Raises:
        TypeError, ValueError: ``n`` is no integer, or out of range.

    Specification: primitives.md, step P3.
    """
    _check_integer("n", n, low=1, high=MAX_UNIFORM)
    largest_that_counts = 2**64 - 1 - (2**64 % n)
    word = words.next()
    while word > largest_that_counts:
        words.rejected += 1
        word = words.next()
    return word % n


def bits(words: Words, n: int) -> list[int]:
    """Draw n bits: the n most significant bits of one word, most significant first.

    Args:
        words: where the words come from.
        n: how many bits, 1 to 64.

    Raises:
        TypeError, ValueError: ``n`` is no integer, or out of range.

    Specification: primitives.md, step P4.
    """
    _check_integer("n", n, low=1, high=64)
    word = words.next()
    return [(word >> (63 - place)) & 1 for place in range(n)]


def sample(words: Words, n: int, k: int) -> list[int]:
    """Draw k different integers from 0 to n - 1, in the order drawn (Fisher-Yates).

    Args:
        words: where the words come from.
        n: how many integers there are, 0 to 2^32.
        k: how many are drawn, 0 to n.

    Raises:
        TypeError, ValueError: an argument is no integer, or out of range.

    Specification: primitives.md, step P5.
    """
    _check_integer("n", n, low=0, high=MAX_SAMPLE)
    _check_integer("k", k, low=0, high=n)
    if n <= DENSE_SAMPLE:
        places = list(range(n))
        for i in range(k):
            j = i + uniform(words, n - i)
            places[i], places[j] = places[j], places[i]
        return places[:k]
    # The same steps over a list that is too long to write down: a place that was never touched holds its own index.
    touched: dict[int, int] = {}
    for i in range(k):
        j = i + uniform(words, n - i)
        touched[i], touched[j] = touched.get(j, j), touched.get(i, i)
    return [touched[i] for i in range(k)]


def permutation(words: Words, n: int) -> list[int]:
    """Draw an order of the integers 0 to n - 1.

    Args:
        words: where the words come from.
        n: how many integers there are, 0 to 2^32.

    Raises:
        TypeError, ValueError: ``n`` is no integer, or out of range.

    Specification: primitives.md, step P6.
    """
    return sample(words, n, n)


def weighted(words: Words, weights: Sequence[int]) -> int:
    """Draw an index with a probability in proportion to its weight.

    Args:
        words: where the words come from.
        weights: integers from 0, at least one; their sum 1 to 2^53.

    Raises:
        TypeError, ValueError: a weight is no integer or is negative, or the sum is out of range.

    Specification: primitives.md, step P7.
    """
    for index, weight in enumerate(weights):
        _check_integer(f"weight {index}", weight, low=0, high=MAX_UNIFORM)
    total = sum(weights)
    _check_integer("the sum of the weights", total, low=1, high=MAX_UNIFORM)
    u = uniform(words, total)
    running = 0
    for index, weight in enumerate(weights):
        running += weight
        if running > u:
            return index
    raise AssertionError("u is below the sum of the weights, so an index was found")


def ratio(words: Words, *, edge: int, cap: int) -> int:
    """Draw a multiplier whose chance of reaching m is (1 - edge) / m, in hundredths.

    Args:
        words: where the words come from.
        edge: the house edge in hundredths of a percent, 0 to 9999.
        cap: the largest multiplier in hundredths, 100 (that is 1.00) to 10^10.

    Raises:
        TypeError, ValueError: an argument is no integer, or out of range.

    Specification: primitives.md, step P8.
    """
    _check_integer("edge", edge, low=0, high=9999)
    _check_integer("cap", cap, low=100, high=10**10)
    u = uniform(words, 2**52)
    hundredths = ((10000 - edge) * 2**52) // (100 * (2**52 - u))
    return min(max(hundredths, 100), cap)


def _check_integer(what: str, value: int, *, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} must be an integer, not {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{what} must be {low} to {high}, not {value}")
