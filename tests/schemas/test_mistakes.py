"""Each mistake in a small workspace, told with its file and line; several are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.mistakes import Mistakes
from schemas.registry import compile_registry
from schemas.workspace import Workspace, examine, load
from tests.schemas.small import ENTITIES, METERS, SETTINGS, write
from tests.schemas.weigh import CARRIERS, FLOWS

YAML, TREE, CSV = "everygram.yaml", "registry/entities.yaml", "registry/meters.csv"
RATES = "factors/contracts.csv"
RATE_COLUMNS = "entity,meter,flow,rate,unit,valid_from,valid_to\n"
ALL = "meter,entity,flow,interval,kind,unit,multiplier,sub_of,supplied_by,weight,valid_from,valid_to\n"
DATED = "meter,entity,flow,valid_from,valid_to\n"
UPPER = "meter,entity,flow,sub_of,supplied_by,weight,valid_from,valid_to\n"


def told(root: Path, files: dict[str, str]) -> list[str]:
    """Every mistake of a workspace, of its files and then of its registry."""
    try:
        compile_registry(load(write(root, files)), [*FLOWS, "natural_gas"], flow_carriers=CARRIERS)
    except Mistakes as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


def test_the_small_workspace_has_none(tmp_path: Path) -> None:
    assert told(tmp_path, {}) == []


SETTINGS_CASES = [
    (SETTINGS.replace("name: mill", "nam: mill"), 1, "did you mean 'name'?"),
    (SETTINGS.replace("gwp: AR5", "gpw: AR5"), 2, "did you mean 'gwp'?"),
    (SETTINGS.replace("name: mill\n", ""), 1, "'name' is missing"),
    (SETTINGS + "timezone: Asia/Shanghia\n", 5, "no time zone"),
    (SETTINGS + "timezone: +08:00\n", 5, "name the zone"),
    (SETTINGS + "base_interval: 7m\n", 5, "must divide 60 minutes"),
    (SETTINGS + "base_interval: 1h\ntimezone: Asia/Kolkata\n", 5, "does not divide the offset"),
    (SETTINGS.replace("name: mill", "name: 2018"), 1, "in quotes: '2018'"),
    (SETTINGS + "base_interval: quarter\n", 5, "no duration"),
    (SETTINGS + "since: yesterday\n", 5, "no date"),
    (SETTINGS + "since: 2020-01-01T00:01:00+08:00\n", 5, "base interval"),
    (SETTINGS + "name: again\n", 5, "given twice"),
    (SETTINGS + "max_rejects: -1\n", 5, "greater than or equal to 0"),
    (SETTINGS + "format: 2\n", 5, "input should be 1"),
    (SETTINGS + "sinks:\n  - clickhouse: 'chdb:../books'\n", 6, "inside the workspace"),
    (SETTINGS + "sinks:\n  - clickhouse: books\n", 6, "no address of books"),
    (SETTINGS.replace("everygram}", "mappings/lost.yaml}"), 4, "no file of the workspace"),
    (SETTINGS.replace("everygram}", "{meter: M, tim: '{t}'}}"), 4, "did you mean 'time'?"),
    (SETTINGS.replace("everygram}", "{meter: M, time: '{t}'}}"), 4, "where the quantity is"),
    (SETTINGS.replace("everygram}", "everygram, may: [apportioned]}"), 4, "estimated"),
    (SETTINGS.replace("everygram}", "everygram, revision: '{file.day}'}"), 4, "{file.day}"),
    (SETTINGS.replace("name: mill", "name: ${NOT_SET_HERE}"), 1, "set NOT_SET_HERE"),
    (SETTINGS + "sinks:\n  - clickhouse: clickhouse://me:secret@host/db\n", 6, "password in plain"),
    (SETTINGS + "name: [\n", 6, "no valid YAML"),
    ("- name: mill\n", 1, "write keys and values"),
    (SETTINGS + "  - files: {path: 'data/*.csv'}\n", 3, "two sources are called"),
    ("", 1, "'name' is missing"),
]

TREE_CASES = [
    (ENTITIES.replace("parent: wuxi", "parent: wuxy"), 2, "did you mean 'wuxi'?"),
    (ENTITIES.replace("level: line", "lvel: line"), 3, "did you mean 'level'?"),
    (ENTITIES.replace("level: city, region", "level: city, parent: line, region"), 1, "in a ring"),
    (ENTITIES + "- {id: mill, level: enterprise}\n", 4, "two parents"),
    (ENTITIES + "- {id: mill, level: enterprise, parent: wuxi}\n", 4, "is there twice"),
    (ENTITIES.replace("parent: mill", "parent: mill, valid_from: 2020-13-01"), 3, "no date"),
    (
        ENTITIES.replace("parent: mill", "parent: mill, valid_from: 2020-01-01T00:07:00+08:00"),
        3,
        "base interval",
    ),
    (
        ENTITIES.replace(
            "parent: mill", "parent: mill, valid_from: 2020-02-01, valid_to: 2020-01-01"
        ),
        3,
        "valid_to must be after",
    ),
    (
        ENTITIES.replace("parent: wuxi", "parent: wuxi, valid_to: 2020-01-01"),
        3,
        "not valid as long",
    ),
    (
        ENTITIES.replace("level: city", "level: city, valid_to: 2020-01-01")
        + "- {id: wuxi, level: town, valid_from: 2020-01-01}\n",
        4,
        "level never changes",
    ),
    (ENTITIES.replace("{id: line, ", "{id: '', "), 3, "id"),
    ("id: mill\n", 1, "list of entities"),
    ("- &a {id: mill, level: x}\n- *a\n", 2, "aliases (*a) are not read"),
    ("&a [*a]\n", 1, "aliases (*a) are not read"),
    ("- mill\n", 1, "write keys and values"),
]

METER_CASES = [
    ("meter,entity,flw\nM1,mill,grid_import\n", 1, "did you mean 'flow'?"),
    ("meter,entity\nM1,mill\n", 1, "column 'flow' is missing"),
    ("meter,entity,flow,flow\nM1,mill,grid_import,x\n", 1, "there twice"),
    ("", 1, "must name the columns"),
    (METERS + "M2,mill\n", 3, "2 fields"),
    (METERS.replace(",", ";"), 1, "separated by ';'"),
    (METERS + 'M2,"mill,grid_import\n', 3, "2 fields"),
    (METERS + ",mill,grid_import\n", 3, "no meter id"),
    (METERS + "M2;M3,mill,grid_import\n", 3, "can't hold ';'"),
    (METERS + "M2,mil,grid_import\n", 3, "did you mean 'mill'?"),
    (METERS + "M2,,grid_import\n", 3, "no entity"),
    (METERS + "M2,mill,grid_imprt\n", 3, "did you mean 'grid_import'?"),
    (METERS + "M2,mill,\n", 3, "names no flow"),
    (METERS + "M1,mill,grid_import\n", 3, "twice at one time (see registry/meters.csv:2)"),
    (ALL + "M1,mill,grid_import,7m,,,,,,,,\n", 2, "neither divides 60 minutes"),
    (ALL + "M1,mill,grid_import,10m,,,,,,,,\n", 2, "neither divides the base interval"),
    (ALL + "M1,mill,grid_import,90m,,,,,,,,\n", 2, "neither divides 60 minutes"),
    (ALL + "M1,mill,grid_import,quarter,,,,,,,,\n", 2, "no duration"),
    (ALL + "M1,mill,grid_import,,register,,,,,,,\n", 2, "'register' meters are not taken"),
    (ALL + "M1,mill,grid_import,,,,0,,,,,\n", 2, "not above zero"),
    (ALL + "M1,mill,grid_import,,,,-40,,,,,\n", 2, "no number above zero"),
    (ALL + "M1,mill,grid_import,,,,1/0,,,,,\n", 2, "divides by zero"),
    (ALL + "M1,mill,grid_import,,,,1e999999999,,,,,\n", 2, "no number above zero"),
    (ALL + "M1,mill,grid_import,,,,,,,0.5,,\n", 2, "no whole number"),
    (ALL + "M1,mill,grid_import,,,,,,,,01/02/2020,\n", 2, "no date"),
    (ALL + "M1,mill,grid_import,,,,,,,,2020-01-01T00:05:00+08:00,\n", 2, "base interval"),
    (ALL + "M1,mill,grid_import,,,,,,,,20200101,\n", 2, "no date"),
    (ALL + "M1,mill,grid_import,,,,,,,,2020-01-01T00:00:00,\n", 2, "offset"),
    (DATED + "M1,mill,grid_import,2020-01-02,2020-01-02\n", 2, "valid_to must be after"),
    (
        DATED + "M1,mill,grid_import,,2020-01-01\nM1,mill,natural_gas,2020-01-01,\n",
        3,
        "flow of meter 'M1' differs from registry/meters.csv:2",
    ),
    (
        ALL
        + "M1,mill,grid_import,15m,,,,,,,,2020-01-01\nM1,mill,grid_import,1h,,,,,,,2020-01-01,\n",
        3,
        "interval of meter 'M1' differs",
    ),
    (UPPER + "M1,mill,grid_import,M9,,,,\n", 2, "'M9' is no meter"),
    (UPPER + "M1,mill,grid_import,,mlil,,,\n", 2, "did you mean 'mill'?"),
    (UPPER + "M1,mill,grid_import,,mill,,,\n", 2, "the meter's own entity"),
    (UPPER + "M1,mill,grid_import,M1,,,,\n", 2, "in a ring: M1"),
    (
        UPPER + "M1,mill,grid_import,M2,,,,\nM2,line,grid_import,M1,,,,\n",
        2,
        "in a ring: M1 > M2",
    ),
    (UPPER + "M1,mill,grid_import,,,,,\nM2,line,grid_import,M1,mill,,,\n", 3, "both sub_of"),
    (UPPER + "M1,mill,grid_import,,,,,\nM2,line,grid_import,M1;M1,,,,\n", 3, "names a meter twice"),
    (
        UPPER + "M1,mill,grid_import,,,,,2020-01-01\nM2,line,grid_import,M1,,,,\n",
        3,
        "'M1' is not valid as long",
    ),
    (
        UPPER
        + "M1,mill,grid_import,,,,,\nM3,wuxi,grid_import,,,,,\nM2,line,grid_import,M1;M3,,,,\n",
        4,
        "belong to several entities",
    ),
    (
        UPPER + "M1,mill,natural_gas,,,,,\nM2,line,grid_import,M1,,,,\n",
        3,
        "another carrier",
    ),
    (
        UPPER + "M0,wuxi,grid_import,,,,,\nM1,mill,grid_import,M0,,0,,\nM3,mill,grid_import,,,,,\n"
        "M2,line,grid_import,M1;M3,,,,\n",
        5,
        "belong to several entities",
    ),
]

RATE_CASES = [
    ("mill,M1,grid_import,0.1,kg/kWh,,\n", 2, "either an entity or a meter"),
    (",,grid_import,0.1,kg/kWh,,\n", 2, "either an entity or a meter"),
    ("mil,,grid_import,0.1,kg/kWh,,\n", 2, "did you mean 'mill'?"),
    (",M11,grid_import,0.1,kg/kWh,,\n", 2, "did you mean 'M1'?"),
    ("mill,,grid_imprt,0.1,kg/kWh,,\n", 2, "did you mean 'grid_import'?"),
    (",M1,natural_gas,0.1,kg/kWh,,\n", 2, "does not measure natural_gas"),
    ("mill,,grid_import,cheap,kg/kWh,,\n", 2, "rate: 'cheap'"),
    ("mill,,grid_import,0.1,kg,,\n", 2, "mass per unit"),
    ("mill,,grid_import,0.1,kg/kWh,,\nmill,,grid_import,0.2,kg/kWh,,\n", 3, "two contract rates"),
]


def cases() -> list[pytest.param]:
    """Every case as (file, its text, line, words)."""
    groups = ((YAML, SETTINGS_CASES), (TREE, TREE_CASES), (CSV, METER_CASES))
    out = [(file, *case) for file, group in groups for case in group]
    out += [(RATES, RATE_COLUMNS + text, line, words) for text, line, words in RATE_CASES]
    return [pytest.param(*case, id=f"{case[0]}-{case[3]}") for case in out]


@pytest.mark.parametrize(("file", "text", "line", "words"), cases())
def test_mistake_is_told(tmp_path: Path, file: str, text: str, line: int, words: str) -> None:
    mistakes = told(tmp_path, {file: text})
    assert [m for m in mistakes if m.startswith(f"{file}:{line}: ") and words in m], mistakes


def test_several_at_once(tmp_path: Path) -> None:
    files = {
        YAML: SETTINGS + "base_interval: 7m\n",
        TREE: ENTITIES + "- {id: x, level: y, parent: z}\n",
        CSV: METERS + "M2,nobody,grid_import\nM3,mill,grid_import\nM3,mill,grid_import\n",
        RATES: RATE_COLUMNS + "mill,,grid_import,-1,kg/kWh,,\n",
        "registry/activity.csv": "entity,name,start,end,value,unit\nmill,yarn,2020-01-01,,1,t\n",
        "registry/budgets.csv": "entity,metric,start,end,value,unit\nmil,co2e,2020-01-01,2021-01-01,1,t\n",
        "registry/notes.csv": "a\n",
    }
    places = [mistake.split(": ")[0] for mistake in told(tmp_path, files)]
    assert places == [
        f"{YAML}:5",
        f"{RATES}:2",
        "registry/activity.csv:2",
        "registry/budgets.csv:2",
        f"{TREE}:4",
        f"{CSV}:3",
        f"{CSV}:5",
        "registry/notes.csv:1",
    ]


def test_lines_count_quoted_line_ends_and_blank_lines(tmp_path: Path) -> None:
    text = 'meter,entity,flow,unit\n"M\n1",mill,grid_import,kWh\n\nM2,nobody,grid_import,kWh\n'
    places = [mistake.split(": ")[0] for mistake in told(tmp_path, {CSV: text})]
    assert places == [f"{CSV}:2", f"{CSV}:5"]


def test_many_rows_with_one_mistake_are_told_once_each_up_to_a_limit(tmp_path: Path) -> None:
    text = METERS + "".join(f"N{i},nobody,grid_import\n" for i in range(100))
    mistakes = told(tmp_path, {CSV: text})
    assert len(mistakes) == 20
    assert mistakes[-1].startswith(f"{CSV}:22: ")
    assert mistakes[-1].endswith("(and 80 more rows)")


def test_no_workspace_there(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=r"everygram\.yaml:1: there is no everygram\.yaml"):
        load(tmp_path)


def test_not_utf_8(tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / CSV).write_bytes(METERS.encode() + "厂,mill,grid_import\n".encode("gb18030"))
    with pytest.raises(Mistakes, match=r"meters\.csv:3: this is no UTF-8"):
        load(root)


def test_values_from_the_environment(tmp_path: Path) -> None:
    root = write(tmp_path, {YAML: SETTINGS.replace("name: mill", "name: ${MILL}  # ${NOT_SET}")})
    workspace, mistakes = examine(root, {"MILL": "the mill"})
    assert not mistakes
    assert isinstance(workspace, Workspace)
    assert workspace.settings.name == "the mill"
