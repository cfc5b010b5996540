"""What every test shares: no deadline (compiled loops compile once), derandomised in CI.

A test that needs a part which cannot be had here is skipped with the reason. With EVERYGRAM_REQUIRE_PARTS=1
(CI sets it) such a skip is a failure; only tests marked `shared` may go without their data.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

PARTS_REQUIRED = os.environ.get("EVERYGRAM_REQUIRE_PARTS", "") not in {"", "0"}
SHARED = Path(os.environ.get("EVERYGRAM_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where parts are required, a skipped test is a failed one, unless its data may be absent."""
    report = yield
    expected = hasattr(report, "wasxfail")
    excused = item.get_closest_marker("shared") is not None and not SHARED.is_dir()
    if PARTS_REQUIRED and report.skipped and not expected and not excused:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"a part is missing that this run requires: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that is skipped (`importorskip`)."""
    report = yield
    if PARTS_REQUIRED and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"a part is missing that this run requires: {report.longrepr}"
    return report
