"""Questions: three formats, exact numbers, and nothing that writes."""

import json
import threading

import pytest

from sinks.errors import SinkError
from sinks.reading import header_length
from tests.sinks.rows import row, table

SQL = "SELECT entity, start, co2e_location_g, supplied FROM rollups_current"


def test_csv_json_and_table(tables):
    tables.write("rollups", table(row(entity='a,"b"', co2e_location_g="-0.000000000000001")))
    assert tables.query(SQL, "csv").decode() == (
        '"entity","start","co2e_location_g","supplied"\n'
        '"a,""b""","2023-01-10 00:00:00",-0.000000000000001,\\N\n'
    )
    assert tables.query(SQL, "json").decode() == (
        '[\n{"entity":"a,\\"b\\"","start":"2023-01-10 00:00:00",'
        '"co2e_location_g":"-0.000000000000001","supplied":null}\n]\n'
    )
    assert tables.query(SQL, "table").decode() == (
        "┌─entity─┬───────────────start─┬────co2e_location_g─┬─supplied─┐\n"
        '│ a,"b"  │ 2023-01-10 00:00:00 │ -0.000000000000001 │     ᴺᵁᴸᴸ │\n'
        "└────────┴─────────────────────┴────────────────────┴──────────┘\n"
    )


@pytest.mark.parametrize(
    ("fmt", "want"),
    [("csv", b'"entity","start","co2e_location_g","supplied"\n'), ("json", b"[]\n")],
)
def test_an_empty_answer(tables, fmt, want):
    assert tables.query(SQL, fmt) == want


def test_a_large_answer_comes_in_pieces_with_one_header(tables):
    sql = 'SELECT number AS "a\n,""b", \'x\ny\' AS t FROM numbers(200000)'
    pieces = list(tables.stream(sql.replace('""', "'"), "csv"))
    assert len(pieces) > 1
    assert b"".join(pieces).count(b"'b") == 1
    rows = json.loads(tables.query(sql.replace('""', "'"), "json"))
    assert [int(r["a\n,'b"]) for r in rows] == list(range(200000))


def test_header_length_minds_quotes():
    assert header_length(b'"a\nb","c""\n"\n1,2\n') == len(b'"a\nb","c""\n"\n')


def test_a_question_left_half_answered_does_not_block_the_next(tables):
    pieces = tables.stream("SELECT number FROM numbers(3000000)", "csv")
    next(pieces)
    pieces.close()
    assert tables.query("SELECT 1", "TSV") == b"1\n"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO format VALUES (7)",
        "DROP TABLE rollups",
        "ALTER TABLE rollups DELETE WHERE 1",
        "TRUNCATE TABLE rollups",
        "OPTIMIZE TABLE rollups FINAL",
        "CREATE TABLE t (a Int8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE t (a Int8)",
        "SELECT 1; DROP TABLE rollups",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "USE system",
        "SELECT 1 INTO OUTFILE 'stolen.csv'",
        "INSERT INTO FUNCTION file('stolen.csv', 'CSV') SELECT 1",
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "SELECT * FROM executable('true', 'CSV', 'a String')",
        "DETACH TABLE rollups",
        "RENAME TABLE rollups TO r",
        "EXCHANGE TABLES rollups AND findings",
        "SYSTEM STOP MERGES",
        "KILL QUERY WHERE 1",
        "",
        "SELEC 1",
        "SELECT nothing FROM rollups_current",
    ],
)
def test_what_does_not_read_is_refused_and_changes_nothing(tables, sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tables.write("rollups", table(row(quantity="1")))
    with pytest.raises(SinkError):
        tables.query(sql)
    assert tables.query("SELECT quantity FROM rollups_current", "TSV") == b"1\n"
    assert tables.query("SELECT format FROM format", "TSV") == b"1\n"
    assert not (tmp_path / "stolen.csv").exists()


@pytest.mark.parametrize("sql", ["SHOW TABLES", "DESCRIBE rollups", "EXPLAIN SELECT 1", "EXISTS x"])
@pytest.mark.parametrize("fmt", ["csv", "json", "table"])
def test_what_describes_the_tables_is_answered(tables, sql, fmt):
    assert tables.query(sql, fmt)


def test_a_format_cannot_carry_sql(tables):
    with pytest.raises(SinkError, match="no output format"):
        tables.query("SELECT 1", "CSV INTO OUTFILE 'x'")


def test_questions_are_answered_while_rows_are_written(tables):
    rows = [table(row(entity=f"e{n}", quantity="1"), row(entity="all")) for n in range(40)]
    done = threading.Event()
    seen = []

    def keep_asking():
        while not done.is_set():
            seen.append(int(tables.query("SELECT count() FROM rollups_current", "TSV")))

    thread = threading.Thread(target=keep_asking)
    thread.start()
    try:
        for batch in rows:
            tables.write("rollups", batch)
    finally:
        done.set()
        thread.join()
    assert seen == sorted(seen)
    assert tables.query("SELECT count() FROM rollups_current", "TSV") == b"41\n"
    assert seen
