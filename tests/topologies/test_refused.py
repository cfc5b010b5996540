"""What `check` refuses, a run does not account."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import mill

from schemas.mistakes import Mistakes


def test_a_factor_that_changes_inside_a_base_interval(tmp_path):
    series = "valid_from,co2\n2018-01-01T00:00+08:00,0.5\n2018-01-01T00:10+08:00,0.9\n"
    own = mill.FACTORS.partition("  rows:")[0] + "  source: a test\n  csv: series.csv\n"
    mill.write(
        tmp_path,
        factors__local_yaml=own,
        factors__series_csv=series,
        data__a_csv=mill.HEAD + mill.line("M1", 0, 0, "10"),
    )
    with pytest.raises(Mistakes, match=r"base intervals \(15 minutes\)"):
        mill.run(tmp_path)
