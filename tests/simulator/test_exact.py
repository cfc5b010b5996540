"""Integers wider than 64 bits, against Python's own."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from simulator.exact import LIMB, decimals, limbs, product
from simulator.text_files import plain

wide = st.integers(0, 10**15)


@given(st.lists(st.tuples(wide, wide), min_size=1, max_size=20))
def test_products_are_exact(pairs: list[tuple[int, int]]) -> None:
    q, f = (np.array(x, dtype=np.int64) for x in zip(*pairs, strict=True))
    high, low = product(q, f)
    assert (low < LIMB).all()
    assert [int(h) * LIMB + int(x) for h, x in zip(high, low, strict=True)] == [
        a * b for a, b in pairs
    ]


limb = st.integers(-(2**62), 2**62)


@given(st.lists(st.tuples(limb, limb, st.booleans()), min_size=1, max_size=20))
def test_limbs_are_decimals(rows: list[tuple[int, int, bool]]) -> None:
    high, low = (np.array([r[i] for r in rows], dtype=np.int64) for i in (0, 1))
    null = np.array([r[2] for r in rows])
    told = limbs(high, low, pa.decimal128(38, 15), null).to_pylist()
    exact = [Decimal(f"{h * LIMB + x}e-15") for h, x, _ in rows]
    assert told == [None if gone else d for d, (_, _, gone) in zip(exact, rows, strict=True)]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_counts_are_decimals(counts: list[int]) -> None:
    told = decimals(np.array(counts, dtype=np.int64), pa.decimal128(38, 6)).to_pylist()
    assert told == [Decimal(c).scaleb(-6) for c in counts]


@given(st.integers(-(10**18), 10**18))
def test_text_of_a_count(count: int) -> None:
    assert Decimal(plain(count)) == Decimal(count).scaleb(-6)
