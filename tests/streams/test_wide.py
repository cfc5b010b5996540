import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from streams import wide

WIDE = st.integers(-(10**38) + 1, 10**38 - 1)
WORD = st.integers(-(2**63), 2**63 - 1)


@njit
def _sum(a, b, out):
    low, high = wide.add(np.uint64(a[0]), a[1], np.uint64(b[0]), b[1])
    out[0], out[1] = np.int64(low), high


@njit
def _product(a, factor, out):
    low, high = wide.multiply(np.uint64(a[0]), a[1], factor)
    out[0], out[1] = np.int64(low), high


def _wrap(value):
    return (value + 2**127) % 2**128 - 2**127


@given(WIDE, WIDE)
def test_sum_is_that_of_python(a, b):
    out = np.zeros(2, np.int64)
    _sum(wide.from_ints([a])[0], wide.from_ints([b])[0], out)
    assert wide.to_int(out[0], out[1]) == _wrap(a + b)


@given(st.integers(-(2**100), 2**100), WORD)
def test_product_is_that_of_python(a, factor):
    out = np.zeros(2, np.int64)
    _product(wide.from_ints([a])[0], factor, out)
    assert wide.to_int(out[0], out[1]) == _wrap(a * factor)
