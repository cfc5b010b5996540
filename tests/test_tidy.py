"""Style is a test: sizes, words, numbers, documents, and nothing that nobody uses."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("schemas", "factors", "streams", "sinks", "topologies", "simulator", "oracle", "everygram")
LEDGER = ("schemas", "factors", "streams", "oracle")
"""Rooms in which a figure is made: no float, and nothing is printed."""

FILE_LINES, FUNCTION_LINES = 400, 60


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project, generated lists of packages left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git clone: what belongs to the project is not known")
    paths = (ROOT / name for name in names.splitlines())
    return tuple(sorted(p for p in paths if p.is_file() and p.name != "requirements.lock"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files(rooms: tuple[str, ...] = ()) -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and (not rooms or relative(path).split("/")[0] in rooms)
    ]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Dotted names that a file calls or merely names, each with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node), node.lineno


def test_files_are_small() -> None:
    lengths = {relative(p): p.read_text("utf-8").count("\n") for p in python_files()}
    assert {name: n for name, n in lengths.items() if n > FILE_LINES} == {}


def test_functions_are_small() -> None:
    """Arguments and docstring do not count: what counts is what is done."""
    long = {}
    for path in python_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                told = ast.get_docstring(node) is not None and len(node.body) > 1
                first = node.body[1] if told else node.body[0]
                lines = (node.end_lineno or 0) - first.lineno + 1
                if lines > FUNCTION_LINES:
                    long[f"{relative(path)}:{node.lineno} {node.name}"] = lines
    assert long == {}


def test_no_float_makes_a_figure() -> None:
    found = [
        f"{relative(path)}:{line} {name}"
        for path in python_files(LEDGER)
        for name, line in calls(path)
        if name in {"float", "np.float64", "np.float32", "numpy.float64", "pa.float64"}
    ]
    allowed = {"schemas/", "streams/collect/"}  # they tell a float that came in from a number
    assert [f for f in found if not f.startswith(tuple(allowed))] == []


def test_time_has_a_zone_and_talk_goes_through_talk() -> None:
    wrong = {"print", "datetime.utcnow", "datetime.datetime.utcnow", "datetime.utcfromtimestamp"}
    found = [
        f"{relative(path)}:{line} {name}"
        for path in python_files(ROOMS)
        for name, line in calls(path)
        if name in wrong
    ]
    assert found == []


def test_the_ledger_knows_no_clock() -> None:
    """Figures are a function of sets: nothing in these rooms may ask what time it is."""
    clocks = {"time.time", "time.time_ns", "datetime.now", "datetime.datetime.now", "date.today"}
    found = [
        f"{relative(path)}:{line} {name}"
        for path in python_files(LEDGER)
        for name, line in calls(path)
        if name in clocks
    ]
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [relative(p) for p in python_files(ROOMS) if not ast.get_docstring(tree(p))]
    assert silent == []


def modules() -> dict[str, Path]:
    out = {}
    for path in python_files(ROOMS):
        name = relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        out[name] = path
    return out


def imported(path: Path) -> Iterator[str]:
    """Absolute names that a file imports, also as text (commands are imported by name)."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def started_by_name() -> set[str]:
    """Modules that a person starts: `python -m …`, and the commands of the table in everygram.app."""
    from everygram.app import COMMANDS

    commands = {f"everygram.commands.{name}" for name, _ in COMMANDS}
    mains = {name for name, path in modules().items() if "__main__" in path.read_text("utf-8")}
    return commands | mains


def test_no_module_is_dead() -> None:
    """Product code that only tests import has no user."""
    used = started_by_name()
    for path in python_files((*ROOMS, "benchmarks")):
        used.update(imported(path))
    packages = {name for name, path in modules().items() if path.name == "__init__.py"}
    dead = sorted(set(modules()) - used - packages)
    assert dead == [], ", ".join(dead)


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def without_code(text: str) -> str:
    return re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", documents(), ids=relative)
def test_a_document_has_one_title(path: Path) -> None:
    titles = re.findall(r"^# .+$", without_code(path.read_text("utf-8")), re.MULTILINE)
    assert len(titles) == 1, titles


@pytest.mark.parametrize("path", documents(), ids=relative)
def test_links_lead_somewhere(path: Path) -> None:
    text = without_code(path.read_text("utf-8"))
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (path.parent / link).exists()] == []


def test_the_project_speaks_of_the_project() -> None:
    """No path of one machine, no name that says nothing, nothing left to do."""
    words = re.compile(
        r"(^|[^\w.])/(work|home|root|Users)/\w|\bhelpers?\b|\b(TODO|FIXME|XXX|HACK)\b",
        re.IGNORECASE,
    )
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".npy", ".parquet", ".arrow", ".gz", ".zst"}:
            continue
        for n, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            if words.search(line):
                found.append(f"{relative(path)}:{n}: {line.strip()[:80]}")
    assert found == []


def dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return [re.match(r"[\w.-]+", line)[0] for line in wanted]  # type: ignore[index]


@pytest.mark.parametrize("name", dependencies())
def test_dependencies_are_permissive(name: str) -> None:
    if name == "zstandard" and not _installed(name):
        return  # part of Python from 3.14 on
    meta = distribution(name).metadata
    classifiers = [c for c in meta.get_all("Classifier") or [] if c.startswith("License")]
    said = " ".join([meta.get("License-Expression") or "", *classifiers])
    licence = said if said.strip() else (meta.get("License") or "")
    assert not re.search(r"\b[AL]?GPL|General Public|Affero", licence), licence


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except ModuleNotFoundError:
        return False
    return True


def test_the_rooms_are_those_of_the_import_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = project["tool"]["importlinter"]
    assert set(contract["root_packages"]) == set(ROOMS)
    layers = [room for layer in contract["contracts"][0]["layers"] for room in layer.split(" | ")]
    assert set(layers) == set(ROOMS)
    found = {
        relative(path).split("/")[0]
        for path in python_files()
        if path.name == "__init__.py" and relative(path).count("/") == 1
    }
    assert found - {"tests", "benchmarks"} == set(ROOMS)
