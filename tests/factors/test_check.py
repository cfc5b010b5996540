"""A workspace against its catalogue: what check refuses and what it points out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from factors.catalogue import Catalogue, load_catalogue
from factors.check import check, hints, rows_in_use
from schemas.workspace import Workspace, load
from tests.factors.conftest import entry

SETTINGS = """
    name: mill
    accounting: {standard: Late, gwp: AR5%s}
    """
ENTITIES = """
    - {id: wuxi, level: city, region: CN-JS}
    - {id: mill, level: enterprise, parent: wuxi}
    - {id: far, level: city, region: %s}
    """


@pytest.fixture
def judged(
    tmp_path: Path, write_library: Callable[..., Path]
) -> Callable[..., tuple[Workspace, Catalogue]]:
    def make(
        meters: str, region: str = "CN", own: str = "", accept: str = ""
    ) -> tuple[Workspace, Catalogue]:
        rows = entry([{"valid_from": "2020-01-01", "co2": "0.6"}])
        weak = entry(
            [{"valid_from": "2020-01-01", "co2e": "2", "gwp": "AR4", "evidence": "recalled"}],
            factor="natural_gas",
            unit="kg/Nm3",
        )
        library = write_library([rows, weak])
        root = tmp_path / "workspace"
        files = {
            "everygram.yaml": SETTINGS % accept,
            "registry/entities.yaml": ENTITIES % region,
            "registry/meters.csv": "meter,entity,flow,unit\n" + meters,
            "factors/own.yaml": own or "[]",
        }
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), "utf-8")
        workspace = load(root)
        made = load_catalogue(
            workspace.settings.accounting,
            workspace.factor_files,
            workspace.settings.timezone,
            workspace.root,
            contracts=workspace.contracts,
            library_path=library,
        )
        return workspace, made

    return make


def texts(mistakes: list[object]) -> list[str]:
    return [str(mistake) for mistake in mistakes]


def test_a_sound_workspace_has_no_mistakes(
    judged: Callable[..., tuple[Workspace, Catalogue]],
) -> None:
    given = judged("M1,mill,grid_import,万kWh\nM2,mill,grid_import,\n")
    assert check(*given) == []
    assert hints(*given) == []
    assert [row.factor for row in rows_in_use(*given)] == ["grid"]


@pytest.mark.parametrize(
    ("meter", "what"),
    [
        ("M1,mill,grid_inport,kWh", "flow: 'grid_inport' is no flow; did you mean 'grid_import'?"),
        ("M1,mill,natural_gas,m3", "at which reference condition"),
        ("M1,mill,natural_gas,m3@20C", "reference conditions differ"),
        ("M1,mill,limestone,ton", "which ton?"),
        ("M1,mill,grid_import,度", "degrees of what?"),
        ("M1,mill,grid_import,t", "no exact ratio to kWh"),
    ],
)
def test_flows_and_units_are_checked_by_line(
    judged: Callable[..., tuple[Workspace, Catalogue]], meter: str, what: str
) -> None:
    found = texts(check(*judged(f"M0,mill,grid_import,kWh\n{meter}\n")))
    assert len(found) == 1
    assert found[0].startswith("registry/meters.csv:3: ")
    assert what in found[0]


def test_a_region_nobody_knows(judged: Callable[..., tuple[Workspace, Catalogue]]) -> None:
    found = texts(check(*judged("M0,mill,grid_import,kWh\n", region="XX-1")))
    (mistake,) = found
    text = "registry/entities.yaml:4: region: 'XX-1' is no region that has factors, nor below one"
    assert mistake == text + "; write a code like CN-JS"


def test_an_unlisted_region_takes_its_country(
    judged: Callable[..., tuple[Workspace, Catalogue]],
) -> None:
    given = judged("M0,mill,grid_import,kWh\n", region="CN-JX")
    assert check(*given) == []
    (hint,) = texts(hints(*given))
    assert "'CN-JX' isn't listed; it takes the factors of CN; did you mean 'CN-JS'?" in hint


def test_no_factor_is_a_hint(judged: Callable[..., tuple[Workspace, Catalogue]]) -> None:
    given = judged("M0,mill,grid_import,kWh\nM1,mill,limestone,t\nM2,far,limestone,t\n")
    assert check(*given) == []
    found = texts(hints(*given))
    assert len(found) == 2
    assert found[0].startswith("registry/meters.csv:3: no factor for limestone in region CN-JS")
    assert found[1].startswith("registry/meters.csv:4: no factor for limestone in region CN ")


def test_weak_evidence_and_another_gwp_set_are_listed(
    judged: Callable[..., tuple[Workspace, Catalogue]],
) -> None:
    found = texts(hints(*judged("M1,mill,natural_gas,Nm3\n", accept=", accept: [recalled]")))
    assert any("rests on recalled (a test); verify it" in one for one in found)
    assert any("published as CO2e under AR4, the accounting is AR5" in one for one in found)


def test_own_rows_of_another_standard_are_pointed_out(
    judged: Callable[..., tuple[Workspace, Catalogue]],
) -> None:
    own = (
        "- {standard: Lat, factor: grid, region: CN, unit: kg/kWh, "
        "rows: [{valid_from: 2018-01-01, co2: 1}]}\n"
    )
    (hint,) = texts(hints(*judged("M0,mill,grid_import,kWh\n", own=own)))
    assert hint.startswith("factors/own.yaml:1: rows of 'Lat' are not used")


@pytest.mark.parametrize("when", ["2018-01-01T00:07:00+08:00", "2018-01-01T00:00:01+08:00"])
def test_own_rows_lie_on_base_intervals(
    judged: Callable[..., tuple[Workspace, Catalogue]], when: str
) -> None:
    own = (
        "- standard: Late\n  factor: grid\n  region: CN\n  unit: kg/kWh\n"
        f"  rows: [{{valid_from: '{when}', co2: 1}}]\n"
    )
    (mistake,) = texts(check(*judged("M0,mill,grid_import,kWh\n", own=own)))
    assert mistake == "factors/own.yaml:5: must begin and end on base intervals (15 minutes)"
