"""What each flow's factor is, everywhere and always, in the workspace's standard (R8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from factors.exact import scaled
from factors.fingerprint import digest, of_flow, of_rows
from factors.library import Library
from factors.resolve import Piece, layer, marked, overlay, stand_in
from factors.rows import STANDARD_COAL, FactorRow, weight
from factors.units import factor_ratio
from schemas.factor import MARKET_BASIS, REGION_FOUND, Flow, Steps
from schemas.factor_files import Standard

CONTRACT = "contract"
"""What stands for the accounting standard in rows of contract rates."""

ANYWHERE = "*"
"""Region of a factor that holds everywhere."""

_CONTRACT, _RESIDUAL, _LOCATION = (
    MARKET_BASIS.index(basis) for basis in ("contract", "residual", "location")
)


class Catalogue:
    """Every factor of one accounting standard under one GWP set, as step functions over time.

    rows: all usable rows, contract rates last; `Steps.row` points into it · flows: as the standard
    sees them · library: the release · rule: the standard's rules · weights: the GWP set's, by gas.
    """

    def __init__(
        self,
        *,
        library: Library,
        standard: str,
        rule: Standard,
        gwp: str,
        flows: dict[str, Flow],
        keys: dict[str, tuple[str, str]],
        rows: Sequence[FactorRow],
        contracts: Sequence[FactorRow] = (),
    ) -> None:
        self.release, self.standard, self.rule, self.gwp = library.release, standard, rule, gwp
        self.flows = flows
        self.rows: list[FactorRow] = [*rows, *contracts]
        self.library = library
        self._keys = keys  # flow -> (factor key, standard-coal key)
        self._taken = {key: of for of, keys in rule.takes.items() for key in keys}
        self.weights = library.gwp[gwp]
        self._first_contract = len(rows)
        self._tables: dict[tuple[str, str, str], list[int]] = {}
        for i, row in enumerate(rows):
            table = self.table(row)
            if table is not None:
                self._tables.setdefault(table, []).append(i)
        self._pieces: dict[tuple[int, str, str], Piece] = {}
        self._known: dict[tuple[object, ...], Steps] = {}

    def table(self, row: FactorRow) -> tuple[str, str, str] | None:
        """(factor, variant, region) that a row stands for here; None where it has no say.

        The standard's usual variant is ''. Rows come from the standard that it takes the factor
        from, and from the workspace's own rows under either name.
        """
        if row.standard == STANDARD_COAL:
            return STANDARD_COAL + row.factor, row.variant, row.region
        taken = self._taken.get(row.factor, self.standard)
        if row.standard != taken and not (row.own and row.standard == self.standard):
            return None
        variant = "" if row.variant == self.rule.variant else row.variant
        return row.factor, variant, row.region

    def location(self, flow: str, region: str) -> Steps:
        """The location-based factor of a flow for a region code ('' where none is named)."""
        return self._once(
            ("location", flow, region),
            lambda: self.resolved(flow, "", region),
        )

    def market(self, flow: str, region: str, contract: int = -1) -> Steps:
        """The market-based factor: contract rate (by number), else residual, else location."""
        return self._once(
            ("market", flow, region, contract), lambda: self._market(flow, region, contract)
        )

    def coal(self, flow: str) -> Steps:
        """Standard coal on the equivalent basis (当量), kgce per native unit."""
        return self._once(("equivalent", flow), lambda: self._coal(flow, "equivalent"))

    def coal_primary(self, flow: str) -> Steps:
        """Standard coal on the primary basis (等价); but for electricity the equivalent one."""
        return self._once(("primary", flow), lambda: self._coal(flow, "primary"))

    def walk(self, region: str) -> list[tuple[str, int]]:
        """The regions whose rows may stand for `region`, nearest first, with how each is found."""
        codes: list[str] = []
        code = region
        while code and code not in codes:
            codes.append(code)
            listed = self.library.regions.get(code)
            code = (listed.parent if listed else "") or code.rpartition("-")[0]
        exact, parent, country = (REGION_FOUND.index(w) for w in ("exact", "parent", "country"))
        found = [(code, parent) for code in codes]
        if found:
            found[-1] = (codes[-1], country)
            found[0] = (codes[0], exact)
        return [*found, (ANYWHERE, country)]

    @property
    def deducts(self) -> bool:
        """Whether the standard deducts what is sold (R6, R7)."""
        return self.rule.deducts

    @property
    def regions(self) -> list[str]:
        """The listed region codes."""
        return list(self.library.regions)

    def unused(self, row: FactorRow) -> bool:
        """Whether a row has no say here, being of another standard."""
        return self.table(row) is None and row.standard != CONTRACT

    def factor_key(self, flow: str) -> str:
        """The key of the rows that a flow is multiplied by."""
        return self._keys[flow][0]

    def coal_key(self, flow: str) -> str:
        """The key of a flow's standard coal, '' where it is not counted there."""
        return self._keys[flow][1]

    def with_rows(self, flow: str) -> list[tuple[str, str]]:
        """(variant, region) of every table of rows that the flow's factor has."""
        factor = self._keys[flow][0]
        return sorted(table[1:] for table in self._tables if table[0] == factor)

    def knows_region(self, region: str) -> bool:
        """Whether the region, or one above it, is listed or has a row."""
        named = {table[2] for table in self._tables}
        return any(
            code in self.library.regions or code in named
            for code, _ in self.walk(region)
            if code != ANYWHERE
        )

    def fingerprints(self) -> dict[str, str]:
        """A fingerprint of each part that moves a figure, by what it is called (R12)."""
        found = {
            f"factor {key.removeprefix(STANDARD_COAL)} {variant} {region}".replace("  ", " ")
            if not key.startswith(STANDARD_COAL)
            else f"standard coal {key.removeprefix(STANDARD_COAL)} {variant}": of_rows(
                [self.rows[i] for i in places], self.weights
            )
            for (key, variant, region), places in self._tables.items()
        }
        for name, flow in self.flows.items():
            found[f"flow {name}"] = of_flow(flow, self._keys[name])
        found["contracts"] = of_rows(self.rows[self._first_contract :], self.weights)
        rule = self.rule.model_dump(exclude={"name", "notes", "takes"})
        parts = (sorted(rule.items()), sorted(self._taken.items()))
        found["standard"] = digest(self.standard, repr(parts))
        parents = {
            code: listed.parent
            for code, listed in self.library.regions.items()
            if listed.parent and listed.parent != code.rpartition("-")[0]
        }
        found["regions"] = digest(str(sorted(parents.items())))
        return dict(sorted(found.items()))

    @cached_property
    def factor_set(self) -> str:
        """Twelve hexadecimal digits that change with whatever moves a figure."""
        return digest(*(f"{name}={value}" for name, value in self.fingerprints().items()))[:12]

    def _once(self, key: tuple[object, ...], make: Callable[[], Steps]) -> Steps:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def _market(self, flow: str, region: str, contract: int) -> Steps:
        layers = [marked(self.location(flow, region), basis=_LOCATION)]
        if self.rule.residual:
            residual = self.resolved(flow, self.rule.residual, region)
            layers.insert(0, marked(residual, basis=_RESIDUAL))
        if contract >= 0:
            place = self._first_contract + contract
            rate = layer([self.piece(place, self.flows[flow].unit, "g")])
            layers.insert(0, marked(rate, basis=_CONTRACT))
        return overlay(layers)

    def resolved(self, flow: str, variant: str, region: str) -> Steps:
        """R8's walk, per instant: the nearest region with a row of the variant ('' the usual)."""
        layers = []
        for code, found in self.walk(region):
            steps = self._of_region(flow, variant, code)
            layers.append(marked(steps, region=found))
        return overlay(layers)

    def _of_region(self, flow: str, variant: str, region: str) -> Steps:
        places = self._tables.get((self._keys[flow][0], variant, region), ())
        native = self.flows[flow].unit
        own = layer([self.piece(i, native, "g") for i in places if self.rows[i].own])
        shipped = layer([self.piece(i, native, "g") for i in places if not self.rows[i].own])
        steps = overlay([own, shipped])
        return stand_in(steps) if self.rule.arrears else steps

    def _coal(self, flow: str, basis: str) -> Steps:
        key = self._keys[flow][1]
        table = STANDARD_COAL + key
        if basis == "primary" and (table, basis, ANYWHERE) not in self._tables:
            basis = "equivalent"
        places = self._tables.get((table, basis, ANYWHERE), ())
        steps = layer([self.piece(i, self.flows[flow].unit, "kgce") for i in places])
        return stand_in(steps) if (key, basis) in self.library.coal_in_arrears else steps

    def piece(self, place: int, native: str, base: str = "g") -> Piece:
        """A row or series in 10**-9 `base` per native unit. UnitError, KeyError, OverflowError."""
        key = (place, native, base)
        if key not in self._pieces:
            self._pieces[key] = self._scaled(self.rows[place], place, native, base)
        return self._pieces[key]

    def _scaled(self, row: FactorRow, place: int, native: str, base: str) -> Piece:
        ratio = factor_ratio(row.unit, native, base)
        if row.series is None:
            value = np.array([scaled(row.amount(self.weights) * ratio)], dtype=np.int64)
            return Piece(place, np.array([row.valid_from], dtype=np.int64), value, row.valid_to)
        weights = {gas: weight(gas, self.weights) * ratio for gas in row.series.gases}
        return Piece(place, row.series.start, row.series.scaled(weights), row.valid_to)
