"""R12: what moves no published figure is taken up; the rest stops the run until it is accepted."""

import pytest

from tests.topologies import mill
from topologies.books import Books
from topologies.restate import RestatementError

DATA = mill.HEAD + mill.line("M1", 0, 0, "10") + mill.line("S1", 0, 0, "4")
NEW_METER = "X1,mill,grid_import,15m,kWh,,{}\n"


@pytest.fixture
def root(tmp_path):
    mill.write(tmp_path, data__a_csv=DATA + mill.line("X1", 0, 0, "5"))
    counters, _ = mill.run(tmp_path)
    assert (counters.received, counters.rejected) == (3, {"unknown_meter": 1})
    return tmp_path


def day(root, restate=False):
    _, rows = mill.run(root, restate=restate)
    (row,) = mill.pick(rows, grain="day", entity="mill")
    return row["quantity"], row["co2e_location_g"], row["minutes_expected"]


def test_nothing_changed(root):
    assert day(root) == ("10", "5000", "15")


def test_new_meter_from_now_on_is_taken_up(root):
    mill.write(root, registry__meters_csv=mill.METERS + "M2,mill,grid_import,15m,kWh,,2018-01-02\n")
    assert day(root) == ("10", "5000", "15")


def test_new_meter_in_the_past_moves_coverage(root):
    mill.write(root, registry__meters_csv=mill.METERS + "M2,mill,grid_import,15m,kWh,,\n")
    with pytest.raises(RestatementError, match="contribution: meter M2"):
        day(root)
    assert day(root, restate=True) == ("10", "5000", "30")
    assert day(root) == ("10", "5000", "30"), "accepted once, it is no difference any more"


def test_factor_moves_emissions_only_when_accepted(root):
    mill.write(root, factors__local_yaml=mill.FACTORS.replace("0.5", "0.6"))
    with pytest.raises(RestatementError, match="grid_import in CN-JS"):
        day(root)
    assert day(root, restate=True) == ("10", "6000", "15")


def test_factor_from_now_on_is_taken_up(root):
    later = '    - {valid_from: 2019-01-01, co2: "0.9", source: "test"}\n'
    mill.write(root, factors__local_yaml=mill.FACTORS + later)
    assert day(root) == ("10", "5000", "15")


def test_multiplier_is_read_again_from_the_journal(root):
    meters = mill.METERS.replace("sub_of,valid_from\n", "sub_of,valid_from,multiplier\n")
    mill.write(
        root,
        registry__meters_csv=meters.replace(
            "M1,mill,grid_import,15m,kWh,,", "M1,mill,grid_import,15m,kWh,,,3"
        ).replace("S1,line,grid_import,15m,kWh,M1,", "S1,line,grid_import,15m,kWh,M1,,"),
    )
    with pytest.raises(RestatementError, match="multiplier 3/1"):
        day(root)
    assert day(root, restate=True) == ("30", "15000", "15")


def test_rejected_readings_are_judged_again(root):
    mill.write(root, registry__meters_csv=mill.METERS + NEW_METER.format("2018-01-01"))
    with pytest.raises(RestatementError, match=r"X1.*judged again"):
        day(root)
    counters, rows = mill.run(root, restate=True)
    assert (counters.accepted, counters.rejected) == (3, {})
    assert mill.pick(rows, grain="day", entity="mill")[0]["quantity"] == "15"


def test_rollup_that_ceases_to_exist_is_marked_gone(root):
    meters = mill.METERS.replace("S1,line,grid_import,15m,kWh,M1,\n", "")
    entities = mill.ENTITIES
    mill.write(root, registry__meters_csv=meters, registry__entities_yaml=entities)
    _, rows = mill.run(root, restate=True)
    assert not mill.pick(rows, entity="line")
    books = Books.open(root)
    gone = mill.query(
        books, "SELECT count() AS n FROM rollups FINAL WHERE gone AND entity = 'line'"
    )
    past = mill.query(
        books, "SELECT DISTINCT quantity FROM rollup_history WHERE entity = 'line' AND NOT gone"
    )
    books.close()
    assert gone == [{"n": "6"}]
    assert past == [{"quantity": "4"}], "nothing published is overwritten in history"


def test_a_kill_in_a_restatement_begins_it_again(root, monkeypatch):
    mill.write(root, registry__meters_csv=mill.METERS + NEW_METER.format("2018-01-01"))
    books = Books.open(root, restate=True)  # killed here: nothing of it was settled
    books.close()
    assert day(root)[0] == "15", "accepted already: it goes on without asking again"
