"""A workspace against its catalogue: what `everygram check` refuses, and what it points out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from factors.catalogue import NEVER_BY_DEFAULT, SETTINGS, Catalogue
from factors.rows import STANDARD_COAL, FactorRow
from factors.units import UnitError, ratio
from schemas.mistakes import Mistake, did_you_mean
from schemas.workspace import Workspace


def check(workspace: Workspace, catalogue: Catalogue) -> list[Mistake]:
    """Mistakes: unknown flows and regions, units without an exact ratio, rows off the base grid."""
    mistakes = list(_flows_and_units(workspace, catalogue))
    mistakes += _regions(workspace, catalogue)
    mistakes += _off_grid(workspace, catalogue)
    return sorted(set(mistakes))


def hints(workspace: Workspace, catalogue: Catalogue) -> list[Mistake]:
    """What is allowed but worth a look: no factor, weak evidence, another GWP set, rows unused."""
    found = list(_without_factor(workspace, catalogue))
    found += _unlisted(workspace, catalogue)
    found += _weak_or_mixed(workspace, catalogue)
    found += _unused(catalogue)
    return sorted(set(found))


def _flows_and_units(workspace: Workspace, catalogue: Catalogue) -> Iterator[Mistake]:
    meters = workspace.meters
    pairs = meters.flow.astype(np.int64) * len(meters.unit_names) + meters.unit
    known = ", ".join(sorted(catalogue.flows))
    for pair in np.unique(pairs).tolist():
        name = meters.flow_names[pair // len(meters.unit_names)]
        unit = meters.unit_names[pair % len(meters.unit_names)]
        flow = catalogue.flows.get(name)
        message = ""
        if name and flow is None:
            hint = did_you_mean(name, catalogue.flows) or f"; flows: {known}"
            message = f"flow: '{name}' is no flow{hint} (or define it in factors/*.yaml)"
        elif flow is not None and unit:
            message = _unit_wrong(unit, flow.unit)
        if message:
            told: list[Mistake] = []
            meters.tables.tell(told, np.flatnonzero(pairs == pair), message)
            yield from told


def _unit_wrong(unit: str, native: str) -> str:
    try:
        ratio(unit, native)
    except UnitError as error:
        return f"unit: {error}"
    return ""


def _regions(workspace: Workspace, catalogue: Catalogue) -> Iterator[Mistake]:
    for row in workspace.entities.rows:
        if row.region and not catalogue.knows_region(row.region):
            hint = did_you_mean(row.region, catalogue.regions) or "; write a code like CN-JS"
            text = f"region: '{row.region}' is no region that has factors, nor below one{hint}"
            yield Mistake(row.file, row.line, text)


def _off_grid(workspace: Workspace, catalogue: Catalogue) -> Iterator[Mistake]:
    base = workspace.settings.base_interval_s
    for row in catalogue.rows:
        if not row.own or catalogue.table(row) is None:
            continue
        starts = [row.valid_from] if row.series is None else row.series.start
        off = np.flatnonzero(np.asarray(starts, dtype=np.int64) % base)
        if len(off) or (row.valid_to % base and row.valid_to < 2**62):
            text = f"must begin and end on base intervals ({base // 60} minutes)"
            yield Mistake(row.file, row.line, text)


def _used(workspace: Workspace, catalogue: Catalogue) -> dict[tuple[str, str], int]:
    """(flow, region) of the meters, with the first row of each."""
    entities, meters = workspace.entities, workspace.meters
    above: dict[int, int] = {}
    named: dict[int, str] = {}
    for i, row in enumerate(entities.rows):
        number = int(entities.entity[i])
        above[number] = int(entities.parent[i])
        if row.region:
            named[number] = row.region
    pairs = meters.flow.astype(np.int64) * (len(entities.ids) + 1) + meters.entity + 1
    found: dict[tuple[str, str], int] = {}
    for pair, row_number in zip(*np.unique(pairs, return_index=True), strict=True):
        flow, entity = divmod(int(pair), len(entities.ids) + 1)
        region, at, steps = "", entity - 1, 0
        while at >= 0 and not region and steps <= len(entities.ids):
            region, at, steps = named.get(at, ""), above.get(at, -1), steps + 1
        name = meters.flow_names[flow]
        if name in catalogue.flows:
            found.setdefault((name, region), int(row_number))
    return found


def _without_factor(workspace: Workspace, catalogue: Catalogue) -> Iterator[Mistake]:
    for (flow, region), row in _used(workspace, catalogue).items():
        if not catalogue.location(flow, region).known.any():
            where = f"region {region}" if region else "a meter whose entities name no region"
            text = (
                f"no factor for {flow} in {where} under {catalogue.standard}: its emissions stay "
                "empty (finding no_factor); give rows in factors/*.yaml"
            )
            yield Mistake(*workspace.meters.place(row), text)


def _unlisted(workspace: Workspace, catalogue: Catalogue) -> Iterator[Mistake]:
    for row in workspace.entities.rows:
        region = row.region or ""
        if region and region not in catalogue.regions and catalogue.knows_region(region):
            listed = [code for code, _ in catalogue.walk(region) if code in catalogue.regions]
            if listed and len(catalogue.walk(listed[0])) == 2:  # a country, and everywhere
                hint = did_you_mean(region, catalogue.regions)
                text = f"region: '{region}' isn't listed; it takes the factors of {listed[0]}{hint}"
                yield Mistake(row.file, row.line, text)


def rows_in_use(workspace: Workspace, catalogue: Catalogue) -> list[FactorRow]:
    """Rows that the workspace's meters may be multiplied by, at any time."""
    places: set[int] = set()
    for flow, region in _used(workspace, catalogue):
        views = (
            catalogue.location(flow, region),
            catalogue.market(flow, region),
            catalogue.coal(flow),
            catalogue.coal_primary(flow),
        )
        for steps in views:
            places.update(np.unique(steps.row[steps.known]).tolist())
    return [catalogue.rows[place] for place in sorted(places)]


def _weak_or_mixed(workspace: Workspace, catalogue: Catalogue) -> Iterator[Mistake]:
    for row in rows_in_use(workspace, catalogue):
        what = f"{row.factor} {row.region}, {row.text} {row.unit}"
        if row.evidence in NEVER_BY_DEFAULT:
            text = f"{what}: rests on {row.evidence.replace('_', ' ')} ({row.source}); verify it"
            yield Mistake(row.file, row.line, text)
        if row.gwp and row.gwp != catalogue.gwp:
            text = f"{what}: published as CO2e under {row.gwp}, the accounting is {catalogue.gwp}"
            yield Mistake(row.file, row.line, text)


def _unused(catalogue: Catalogue) -> Iterator[Mistake]:
    for row in catalogue.rows:
        if row.own and row.standard != STANDARD_COAL and catalogue.unused(row):
            text = (
                f"rows of '{row.standard}' are not used: {SETTINGS} accounts by "
                f"'{catalogue.standard}'"
            )
            yield Mistake(row.file, row.line, text)
