"""Every worked example that is quantity x factor, through the whole pipeline, in one workspace."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from tests.real.accounts import REAL, SHARED, Account, account, write
from tests.real.cases import Input, bound, workspace

FILE = SHARED / "cases" / "worked_examples.json"
CASES: list[dict[str, Any]] = (
    json.loads(FILE.read_text("utf-8"), parse_float=str, parse_int=str) if FILE.exists() else []
)
pytestmark = REAL

MISSING = {
    "avoided": "an avoided amount is never netted into an account: it needs a ledger of certificates"
}


def counted(case: dict[str, Any]) -> bool:
    """Is the case an emission by quantity x factor?"""
    return "sign" not in case


def _param(case: dict[str, Any]) -> Any:
    why = MISSING.get(case.get("sign", ""), "")
    return pytest.param(
        case, id=case["id"], marks=pytest.mark.xfail(strict=True, reason=why) if why else ()
    )


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Account:
    root = write(tmp_path_factory.mktemp("cases"), workspace(c for c in CASES if counted(c)))
    sql = "SELECT * FROM rollups_current WHERE grain = 'year' AND minutes_reported > 0"
    return account(root, sql)


@pytest.mark.parametrize("case", [_param(case) for case in CASES])
def test_case(books: Account, case: dict[str, Any]) -> None:
    rows = [row for row in books.cells if row["entity"] == case["id"]]
    column = "co2e_location_g" if counted(case) else f"co2e_{case['sign']}_g"
    assert len(rows) == len({one.flow for one in map(Input, case["inputs"])})
    tonnes = sum((Fraction(row[column]) for row in rows), Fraction()) / 10**6
    assert abs(tonnes - Fraction(case["computed_tco2"])) <= bound(case)
    assert abs(tonnes - Fraction(case["expected_tco2"])) <= Fraction(case["abs_tol_tco2"])


def test_nothing_was_refused(books: Account) -> None:
    assert books.rejects == []
    assert books.findings == []
    assert books.counters.rounded == 0


def test_the_bound_is_tight() -> None:
    """An error of one unit in the sixth digit of any factor lies far outside it."""
    for case in CASES:
        assert bound(case) < Fraction(case["computed_tco2"]) * Fraction(1, 10**6)


def test_more_than_a_reading_can_hold_is_several() -> None:
    (case,) = (case for case in CASES if case["id"] == "C21")
    (one,) = map(Input, case["inputs"])
    parts = list(one.parts())
    assert len(parts) == 16
    assert sum(parts) == Fraction("15381.6")
    assert max(parts) * 10**6 <= 10**9
