"""What the command line says of itself; `EVERYGRAM_GOLDEN=write` writes the golden files anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from everygram.app import COMMANDS
from everygram.exits import MEANINGS
from everygram.reasons import EXPLAINED, reasons_in_text
from schemas.reading import Reason
from tests.cli.command import ROOT, environment, everygram, ok

GOLDEN = ROOT / "tests" / "golden" / "cli"
DOCS = ROOT / "docs" / "cli.md"
NAMES = [name for name, _ in COMMANDS]


def _is_golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("EVERYGRAM_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no golden file for {name}: run with EVERYGRAM_GOLDEN=write"
    assert text == path.read_text("utf-8")


def test_help_lists_every_command_and_exit_code() -> None:
    shown = ok("--help").out
    _is_golden("help", shown)
    for name in NAMES:
        assert f"│ {name} " in shown
    for code, meaning in MEANINGS:
        assert f"{code:>3}  {meaning}" in shown


@pytest.mark.parametrize("name", NAMES)
def test_help_of_a_command_teaches_by_examples(name: str) -> None:
    shown = ok(name, "--help").out
    _is_golden(name, shown)
    assert f"everygram {name}" in shown.partition("Examples")[2]


def test_the_docs_name_every_command_and_exit_code_and_reason() -> None:
    text = DOCS.read_text("utf-8")
    for name in NAMES:
        assert f"everygram {name}" in text
    for code, meaning in MEANINGS:
        assert f"| {code} | {meaning} |" in text
    for reason, words in EXPLAINED.items():
        assert f"| `{reason}` | {words.meaning} | {words.remedy} |" in text


def test_every_reason_is_explained_in_the_order_of_precedence() -> None:
    assert list(EXPLAINED) == list(Reason)
    assert ok("rejects", "--reasons").out == reasons_in_text()


def test_help_imports_no_engine() -> None:
    code = (
        "import sys; from everygram.__main__ import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'pyarrow', 'numba', 'chdb', 'pydantic'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_check_loads_no_engine(tmp_path: Path) -> None:
    ok("init", tmp_path / "w")
    code = (
        f"import sys; from everygram.__main__ import main; main(['check', {str(tmp_path / 'w')!r}])\n"
        "print(sorted({'numba', 'chdb'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_wrong_words_end_with_2_and_say_what_is_known() -> None:
    ended = everygram("chekc")
    assert ended.code == 2
    assert "check" in ended.err
    assert ended.out == ""


def test_the_version_is_shown() -> None:
    assert ok("--version").out.strip().count(".") == 2
