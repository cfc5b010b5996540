"""The oracle's plain rows from a workspace and its catalogue of factors, as they were read."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from factors.catalogue import Catalogue
from factors.rows import STANDARD_COAL, weight
from factors.rows import FactorRow as CatalogueRow
from factors.units import UnitError, factor_ratio, ratio
from oracle.records import (
    FOREVER,
    CoalRow,
    ContractRow,
    EntityRow,
    FactorRow,
    FlowRow,
    Given,
    MeterRow,
    Settings,
)
from schemas.workspace import Workspace

_SCALE = 10**9


def given(workspace: Workspace, catalogue: Catalogue) -> Given:
    """Everything beside the readings that a figure of this workspace is a function of."""
    settings = workspace.settings
    return Given(
        settings=Settings(
            zone=str(settings.timezone),
            base_s=settings.base_interval_s,
            standard=catalogue.standard,
            deducts=catalogue.rule.deducts,
            arrears=catalogue.rule.arrears,
            since=settings.since_s,
            ahead_s=settings.future_tolerance_s,
        ),
        entities=tuple(
            EntityRow(row.id, row.parent, row.region or "", row.level, row.since, row.until)
            for row in workspace.entities.rows
        ),
        meters=tuple(_meters(workspace)),
        flows=tuple(_flows(catalogue)),
        factors=tuple(_factors(catalogue)),
        contracts=tuple(_contracts(workspace, catalogue)),
        coal=tuple(_coal(catalogue)),
        region_parents=_region_parents(catalogue),
        ratios=Ratios(),
    )


class Ratios(dict[tuple[str, str], Fraction]):
    """(unit, native unit) -> exact ratio, looked up when asked; a unit without one is not in it."""

    def get(self, key: tuple[str, str], default: Fraction | None = None) -> Fraction | None:  # type: ignore[override]
        """The ratio, or the default where there is no exact one."""
        try:
            return ratio(*key)
        except UnitError:
            return default


def _meters(workspace: Workspace) -> Iterator[MeterRow]:
    m = workspace.meters
    ids = m.ids.to_pylist()
    for i in range(len(m)):
        upper = m.upper[m.upper_start[i] : m.upper_start[i + 1]]
        yield MeterRow(
            meter=ids[m.meter[i]],
            entity=workspace.entities.ids[m.entity[i]],
            flow=m.flow_names[m.flow[i]],
            interval_s=int(m.interval_s[i]),
            unit=m.unit_names[m.unit[i]],
            multiplier=m.multipliers[m.multiplier[i]],
            sub_of=tuple(ids[n] for n in upper),
            supplied_by=workspace.entities.ids[m.supplier[i]] if m.supplier[i] >= 0 else None,
            weight=int(m.weight[i]),
            since=int(m.since[i]),
            until=int(m.until[i]),
        )


def _flows(catalogue: Catalogue) -> Iterator[FlowRow]:
    """Each flow names itself as its factor key: a row's value is per the flow's own native unit."""
    for name, flow in catalogue.flows.items():
        yield FlowRow(
            name=name,
            carrier=flow.carrier,
            unit=flow.unit,
            consumption_sign=flow.consumption_sign,
            emission_sign=flow.emission_sign,
            factor=name,
            residual=catalogue.rule.residual or None,
            scope=flow.scope,
        )


def _factors(catalogue: Catalogue) -> Iterator[FactorRow]:
    """The standard's rows, once for each flow that takes them, per its native unit."""
    for row in catalogue.rows:
        table = catalogue.table(row)
        if table is None or row.standard == STANDARD_COAL:
            continue
        for name, flow in catalogue.flows.items():
            if catalogue.factor_key(name) != table[0]:
                continue
            per = factor_ratio(row.unit, flow.unit)
            for start, end, amount in _values(row, catalogue.weights):
                value = round(amount * per * _SCALE)
                key = (catalogue.standard, name, table[1], table[2])
                yield FactorRow(*key, start, end, value, row.own)


def _values(
    row: CatalogueRow, gwp: dict[str, Fraction]
) -> Iterator[tuple[int, int | None, Fraction]]:
    """Start, end (None: to the next row) and exact amount of a row, or of each row of a series."""
    last = row.valid_to if row.valid_to < FOREVER else None
    if row.series is None:
        amount = sum((part * weight(gas, gwp) for gas, part in row.gases.items()), Fraction())
        yield row.valid_from, last, amount
        return
    starts = [int(start) for start in row.series.start]
    for i, start in enumerate(starts):
        amount = Fraction()
        for gas, (index, distinct) in row.series.gases.items():
            amount += distinct[index[i]] * weight(gas, gwp)
        yield start, last if i == len(starts) - 1 else None, amount


def _contracts(workspace: Workspace, catalogue: Catalogue) -> Iterator[ContractRow]:
    for contract in workspace.contracts:
        per = factor_ratio(contract.unit, catalogue.flows[contract.flow].unit)
        yield ContractRow(
            flow=contract.flow,
            rate=round(Fraction(contract.rate) * per * _SCALE),
            meter=contract.meter or None,
            entity=contract.entity or None,
            since=contract.since,
            until=contract.until,
        )


def _coal(catalogue: Catalogue) -> Iterator[CoalRow]:
    for row in catalogue.rows:
        if row.standard != STANDARD_COAL:
            continue
        for name, flow in catalogue.flows.items():
            if catalogue.coal_key(name) != row.factor:
                continue
            per = factor_ratio(row.unit, flow.unit, "kgce")
            for start, end, amount in _values(row, catalogue.weights):
                in_arrears = (row.factor, row.variant) in catalogue.library.coal_in_arrears
                value = round(amount * per * _SCALE)
                yield CoalRow(name, row.variant, value, start, end, in_arrears)


def _region_parents(catalogue: Catalogue) -> dict[str, str | None]:
    listed = catalogue.library.regions
    return {
        code: region.parent or code.rpartition("-")[0] or None for code, region in listed.items()
    }
