"""What the documents say of the code is made from the code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sinks.asking import query_books
from tests.docs.documents import FENCE, ROOT, run

DOCS = ROOT / "docs"


def test_generated_blocks_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "generate.py"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def mill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace that documents speak of, with its books."""
    folder = tmp_path_factory.mktemp("documents")
    run("everygram init mill && everygram run mill --until-end", folder)
    return folder


def test_queries_of_the_data_dictionary(mill: Path) -> None:
    """Each answers on the books of the mill; those that have no answer there say so."""
    text = (DOCS / "data-dictionary.md").read_text("utf-8")
    queries = [body for language, body in FENCE.findall(text) if language == "sql"]
    assert len(queries) >= 8
    for query in queries:
        answer = b"".join(query_books(mill / "mill", query, "json"))
        assert json.loads(answer) or "-- none in the mill" in query, query


@pytest.mark.slow
def test_commands_of_the_operating_guide(mill: Path) -> None:
    text = (DOCS / "operating.md").read_text("utf-8")
    blocks = [body for language, body in FENCE.findall(text) if language == "sh"]
    assert blocks
    for block in blocks:
        run(block, mill)


def test_yaml_of_the_workspace_page_is_accepted(tmp_path: Path) -> None:
    """The examples, put into the mill's workspace file by file, leave it without a mistake."""
    run("everygram init mill", tmp_path)
    text = (DOCS / "workspace.md").read_text("utf-8")
    files = re.findall(r"^`([\w./-]+)`:\n\n```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(files) >= 4
    for name, body in files:
        (tmp_path / "mill" / name).write_text(body, "utf-8")
    run("everygram check mill", tmp_path)
