"""The data dictionary: every table and view of the books, from their own DDL.

chDB itself reads the statements of `sinks/sql`; a view's column is described by the table's column
of the same name, else here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from generated_code import as_table

from sinks.chdb_tables import SQL, open_tables

ZONE = "Asia/Shanghai"
HIDDEN = re.compile(r"raw_|nulls$|same$")
"""How figures are kept (docs/decisions/0003); nobody asks for these."""

OF_VIEWS = {
    "child": "The child · 下级单元",
    "parent": "The parent · 上级单元",
    "percent": "Share of the expected meter-minutes that reported · 覆盖率（%）",
    "published_at": "When this version was published · 发布时间",
    "cause": "Why it differs from the version before · 原因",
}
ASK = """
SELECT c.table AS table, c.name AS name, c.type AS type, c.comment AS comment, t.engine AS engine,
    t.sorting_key AS key
FROM system.columns AS c INNER JOIN system.tables AS t ON c.table = t.name AND c.database = t.database
WHERE c.database = currentDatabase() ORDER BY c.table, c.position
"""


def _columns() -> dict[str, list[dict[str, str]]]:
    """Columns of each table and view, as the engine knows them."""
    with TemporaryDirectory() as folder:
        books = open_tables("chdb:var/books", Path(folder), ZONE)
        try:
            books.setup()
            rows: list[dict[str, str]] = json.loads(books.query(ASK, "json"))
        finally:
            books.close()
    out: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        out.setdefault(row["table"], []).append(row)
    return out


def _described() -> dict[str, tuple[str, bool, str]]:
    """By name, in the order of the files: its statement, is it a view, what the DDL says above it."""
    out = {}
    for path in sorted(SQL.glob("*.sql")):
        text = path.read_text("utf-8")
        name = re.search(r"CREATE (?:TABLE IF NOT EXISTS|OR REPLACE VIEW) (\w+)", text)
        if name is None:
            raise ValueError(f"{path}: no CREATE statement found")
        said = [line.removeprefix("-- ") for line in text.splitlines() if line.startswith("--")]
        out[name[1]] = (text, "REPLACE VIEW" in text, " ".join(said))
    return out


def tables() -> str:
    """All tables and views with their columns."""
    columns, parts = _columns(), []
    for name, (statement, view, said) in _described().items():
        known = _comments(statement, columns)
        kind = "View" if view else "Table"
        key = columns[name][0]["key"]
        order = "" if view or not key else f" Key: `{key}`."
        parts.append(f"\n### {name}\n\n{kind}. {said}{order}\n\n")
        shown = [row for row in columns[name] if not HIDDEN.match(row["name"])]
        own = [row for row in shown if row["name"] not in _names(columns["rollups"])]
        without = sorted(_names(columns["rollups"]) - _names(shown))
        if name != "rollups" and len(without) <= 2:
            less = f", without {', '.join(f'`{n}`' for n in without)}" if without else ""
            parts.append(f"The columns of [rollups](#rollups){less}{', and:' if own else '.'}\n\n")
            shown = own
        rows = [_told(name, row, known) for row in shown]
        parts.append(as_table(("column", "type", "meaning", "中文"), rows) if rows else "")
    return "".join([*parts, "\n"]).replace("\n\n\n", "\n\n")


def _names(rows: list[dict[str, str]]) -> set[str]:
    return {row["name"] for row in rows if not HIDDEN.match(row["name"])}


def _told(table: str, row: dict[str, str], known: dict[str, str]) -> tuple[str, str, str, str]:
    """A column as a row of the dictionary."""
    comment = row["comment"] or known.get(row["name"]) or OF_VIEWS.get(row["name"], "")
    if not comment:
        raise ValueError(f"{table}.{row['name']} has no COMMENT; say in its DDL what it is")
    english, _, chinese = comment.partition(" · ")
    return f"`{row['name']}`", f"`{_short(row['type'])}`", english, chinese


def _comments(statement: str, columns: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """Comments by column, of the tables that a statement asks; the first that it names comes first."""
    named = [t for t in re.findall(r"\w+", statement) if t in columns]
    known: dict[str, str] = {}
    for table in dict.fromkeys([*named, "rollups"]):
        for row in columns[table]:
            if row["comment"]:
                known.setdefault(row["name"], row["comment"])
    return known


def _short(kind: str) -> str:
    """The type without what is the same everywhere, or only says how it is stored."""
    kind = re.sub(r"LowCardinality\((\w+)\)", r"\1", kind)
    kind = kind.replace(f"('{ZONE}')", "").replace(f", '{ZONE}'", "")
    return re.sub(r" = \d+", "", kind)
