"""Factor files with mistakes: each told with its place and what to do, all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from factors.catalogue import Catalogue
from schemas.contracts import Contract
from schemas.mistakes import Mistakes
from tests.factors.conftest import entry

GOOD = (
    "- {standard: local, factor: grid, region: CN, unit: kg/kWh, "
    "rows: [{valid_from: 2018-01-01, co2: 1}]}\n"
)


def told(catalogue_of: Callable[..., Catalogue], own: str, **more: object) -> list[str]:
    settings = {"standard": "local", **more}
    with pytest.raises(Mistakes) as wrong:
        catalogue_of([], {"own.yaml": GOOD + own}, **settings)
    return [str(mistake) for mistake in wrong.value.mistakes]


def row(text: str, **more: str) -> str:
    given = {"standard": "local", "factor": "heat", "region": "CN", "unit": "kg/GJ", **more}
    keys = ", ".join(f"{key}: {value}" for key, value in given.items())
    return f"- {{{keys},\n   rows: [{text}]}}\n"


@pytest.mark.parametrize(
    ("own", "place", "what"),
    [
        (row("{valid_from: 2018-01-01, co3: 1}"), 3, "'co3' is no key here and no gas; did you mean"),
        (row("{valid_from: 2018-01-01, co2: 1, evidance: x}"), 3, "did you mean 'evidence'?"),
        (row("{valid_from: 2018-01-01, co2: '1,5'}"), 3, "'1,5' is no exact number"),
        (row("{valid_from: 2018-01-01, calc: '2 ** 3'}"), 3, "is no exact number"),
        (row("{valid_from: 2018-01-01, calc: '1 / 0'}"), 3, "divides by zero"),
        (row("{valid_from: 2018-01-01}"), 3, "no value: add co2"),
        (row("{co2: 1}"), 3, "rows.0.valid_from' is missing"),
        (row("{valid_from: 2018-13-01, co2: 1}"), 3, "'2018-13-01' is no date"),
        (row("{valid_from: 2018-01-01T00:00:00, co2: 1}"), 3, "needs its offset"),
        (row("{valid_from: 2018-01-01, valid_to: 2018-01-01, co2: 1}"), 3, "after valid_from"),
        (row("{valid_from: 2018-01-01, co2: 1, co2e: 2}"), 3, "not both"),
        (row("{valid_from: 2018-01-01, co2: 1, evidence: sure}"), 3, "evidence"),
        (row("{valid_from: 2018-01-01, co2: 1}", unit="ton/GJ"), 2, "which ton?"),
        (row("{valid_from: 2018-01-01, co2: 1}", unit="kg"), 2, "is no unit of a factor"),
        (row("{valid_from: 2018-01-01, co2: 1}", unit="kWh/GJ"), 2, "must be mass per a unit"),
        (row("{valid_from: 2018-01-01, co2: 1}", unt="x"), 2, "'unt' is unknown here"),
        (
            "- {standard: local, factor: x, region: CN, unit: kg/kWh}\n",
            2,
            "give either `rows` or `csv`",
        ),
        ("- {flow: my_gas, carrier: gas, unit: Sm3}\n", 2, "at which reference condition?"),
        ("- {flow: my_gas, carrier: gas, unit: Nm3, rol: use}\n", 2, "'rol' is unknown here"),
        ("- {flow: a, carrier: gas, unit: Nm3}\n- {flow: a, carrier: gas, unit: L}\n", 3, "given twice"),
        ("- {flow: a, carrier: gas, unit: Nm3, coal: gas}\n", 2, "no standard coal 'gas'"),
        (row("{valid_from: 2018-01-01, co2: 1}", standard="Late", deducts="true"), 2, "leave it out"),
        (
            row("{valid_from: 2018-01-01, co2: 1}", deducts="true")
            + row("{valid_from: 2018-01-01, co2: 1}", region="GB", deducts="false"),
            4,
            "was said otherwise before",
        ),
        (
            row("{valid_from: 2018-01-01, co2: 1}, {valid_from: 2018-01-01, co2: 2}"),
            3,
            "equally good on 2018-01-01 as the row in factors/own.yaml:3",
        ),
        (
            row("{valid_from: 2018-01-01, valid_to: 2020-01-01, co2: 1}")
            + row("{valid_from: 2019-01-01, co2: 2}", variant="average"),
            5,
            "equally good on 2019-01-01",
        ),
        (
            row("{valid_from: 2018-01-01, co2: 1}", factor="grid", region="GB", unit="kg/m3"),
            3,
            "for flow grid_import: kg/m3: 'm3' has no exact ratio to kWh",
        ),
        (
            row("{valid_from: 2018-01-01, co2: 1}", factor="natural_gas", unit="kg/m3"),
            3,
            "at which reference condition",
        ),
        (
            row("{valid_from: 2018-01-01, co2: 99999999}", factor="limestone", unit="t/t"),
            3,
            "more than 9.2e9 g per t",
        ),
        ("- just text\n", 2, "just text"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(
    catalogue_of: Callable[..., Catalogue], own: str, place: int, what: str
) -> None:
    found = told(catalogue_of, own)
    assert any(one.startswith(f"factors/own.yaml:{place}: ") and what in one for one in found), (
        found
    )
    assert {one.split(":")[0] for one in found} == {"factors/own.yaml"}, found


def test_all_mistakes_are_told_at_once(catalogue_of: Callable[..., Catalogue]) -> None:
    own = row("{valid_from: never, co2: 1}, {valid_from: 2018-01-01, co2: one}") + row("{co2: 1}")
    assert len(told(catalogue_of, own)) == 3


def test_a_file_that_is_no_list_or_no_yaml(catalogue_of: Callable[..., Catalogue]) -> None:
    with pytest.raises(Mistakes, match=r"own.yaml:1: must be a list"):
        catalogue_of([], {"own.yaml": "standard: local\n"})


def test_a_file_that_is_no_yaml(catalogue_of: Callable[..., Catalogue]) -> None:
    with pytest.raises(Mistakes, match=r"own.yaml:3: this is no valid YAML"):
        catalogue_of([], {"own.yaml": "- {a: 1\n- b"})


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"standard": "Lat"}, "unknown accounting standard 'Lat'; did you mean 'Late'?"),
        ({"gwp": "AR7"}, "no GWP set 'AR7' in library 1.1: write one of AR5, AR6"),
        ({"library": "1.9"}, "no release '1.9' of the factor library: write one of 1.1"),
    ],
)
def test_settings_that_name_what_is_not_there(
    catalogue_of: Callable[..., Catalogue], tmp_path: Path, settings: dict[str, str], what: str
) -> None:
    text = "name: mill\naccounting:\n  standard: a\n  gwp: b\n  library: c\n"
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "everygram.yaml").write_text(text, "utf-8")
    line = 3 + ["standard", "gwp", "library"].index(next(iter(settings)))
    with pytest.raises(Mistakes) as wrong:
        catalogue_of([], **settings)
    assert str(wrong.value).startswith(f"everygram.yaml:{line}: {what}")


def test_a_gas_that_the_gwp_set_lacks(catalogue_of: Callable[..., Catalogue]) -> None:
    own = row("{valid_from: 2018-01-01, n2o: 1}", factor="grid", region="GB", unit="g/kWh")
    assert any("GWP set AR6 has no n2o" in one for one in told(catalogue_of, own, gwp="AR6"))


def test_contract_rates_must_fit_their_flow(catalogue_of: Callable[..., Catalogue]) -> None:
    def rate(flow: str, unit: str, line: int) -> Contract:
        return Contract("mill", "", flow, "0.1", unit, "", 0, 2**62, "factors/contracts.csv", line)

    rates = [rate("grid_inport", "kg/kWh", 2), rate("grid_import", "kg/m3", 3)]
    with pytest.raises(Mistakes) as wrong:
        catalogue_of([], contracts=rates)
    first, second = wrong.value.mistakes
    assert str(first).startswith(
        "factors/contracts.csv:2: unknown flow 'grid_inport'; did you mean"
    )
    assert str(second).startswith("factors/contracts.csv:3: 'm3' has no exact ratio to kWh")


@pytest.mark.parametrize("evidence", ["one_source", "recalled"])
def test_weak_evidence_is_never_a_default(
    catalogue_of: Callable[..., Catalogue], evidence: str
) -> None:
    rows = entry([{"valid_from": "2020-01-01", "co2": "0.6", "evidence": evidence}])
    assert not catalogue_of([rows]).location("grid_import", "CN").known.any()


@pytest.mark.parametrize("evidence", ["one_source", "recalled"])
def test_weak_evidence_is_used_where_it_is_accepted_by_name(
    catalogue_of: Callable[..., Catalogue], evidence: str
) -> None:
    rows = entry([{"valid_from": "2020-01-01", "co2": "0.6", "evidence": evidence}])
    made = catalogue_of([rows], accept=[evidence])
    steps = made.location("grid_import", "CN")
    assert made.rows[int(steps.row[-1])].evidence == evidence


def test_rows_of_weak_and_of_good_evidence_are_not_equally_good(
    catalogue_of: Callable[..., Catalogue],
) -> None:
    good = entry([{"valid_from": "2020-01-01", "co2": "0.6"}])
    weak = entry([{"valid_from": "2020-01-01", "co2": "0.7", "evidence": "recalled"}])
    steps = catalogue_of([good, weak]).location("grid_import", "CN")
    assert steps.value.tolist() == [0, 600_000_000_000]


def test_accepting_both_leaves_two_equally_good(catalogue_of: Callable[..., Catalogue]) -> None:
    good = entry([{"valid_from": "2020-01-01", "co2": "0.6"}])
    weak = entry([{"valid_from": "2020-01-01", "co2": "0.7", "evidence": "recalled"}])
    with pytest.raises(Mistakes, match="equally good"):
        catalogue_of([good, weak], accept=["recalled"])


def test_a_row_of_the_library_names_source_and_evidence(
    catalogue_of: Callable[..., Catalogue],
) -> None:
    with pytest.raises(Mistakes, match=r"library/1.1/cn/rows.yaml:\d+: .*needs `source`"):
        catalogue_of([entry([{"valid_from": "2020-01-01", "co2": "0.6", "source": ""}])])


def test_what_a_standard_takes_comes_from_one_known_standard(
    catalogue_of: Callable[..., Catalogue],
) -> None:
    text = "A: {takes: {B: [x], C: [x]}}\nB: {}\n"
    with pytest.raises(Mistakes) as wrong:
        catalogue_of([], files={"standards__yaml": text}, standard="A")
    assert [str(one) for one in wrong.value.mistakes] == [
        "library/1.1/standards.yaml:1: A takes 'x' twice: keep one",
        "library/1.1/standards.yaml:1: A takes of 'C', which is no standard here",
    ]


def test_own_flows_and_their_factors(catalogue_of: Callable[..., Catalogue]) -> None:
    own = GOOD + "- {flow: my_gas, carrier: gas, unit: m3@20C, scope: 1, factor: my_gas}\n"
    own += row("{valid_from: 2018-01-01, co2: '2.0'}", factor="my_gas", unit="kg/m3@20C")
    made = catalogue_of([], {"own.yaml": own}, standard="local")
    assert made.flows["my_gas"].unit == "m3@20C"
    assert made.flows["my_gas"].scope == "1"
    assert made.location("my_gas", "CN-JS").value.tolist() == [0, 2_000_000_000_000]


def test_published_co2e_counts_as_it_is(catalogue_of: Callable[..., Catalogue]) -> None:
    rows = entry([{"valid_from": "2020-01-01", "co2e": "0.207074289", "gwp": "AR5"}])
    assert catalogue_of([rows]).location("grid_import", "CN").value[1] == 207_074_289_000


def test_gases_are_weighed_by_the_named_set(
    catalogue_of: Callable[..., Catalogue], write_library: Callable[..., Path]
) -> None:
    rows = entry([{"valid_from": "2020-01-01", "co2": "100", "ch4": "1"}], unit="g/kWh")
    where = write_library([rows])
    ar5 = catalogue_of(where).location("grid_import", "CN").value[1]
    ar6 = catalogue_of(where, gwp="AR6").location("grid_import", "CN").value[1]
    assert (ar5, ar6) == (128_000_000_000, 127_900_000_000)
