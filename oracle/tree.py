"""R6: where a meter counts: the formula as it stands, from registry rows, at an instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from oracle.records import ContractRow, EntityRow, Given, MeterRow


class Share(NamedTuple):
    """What a meter's quantity is multiplied by at one entity."""

    entity: str
    weight: int
    """Of the quantity: w * ([e is the meter's entity or above it] - [e is u or above it])."""
    emitted: int
    """Of the emission: the same, but where the standard does not deduct the second bracket of a
    `supplied_by` meter is left out."""
    apart: int
    """What was left out: shown apart."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """Where and how a meter counts at an instant."""

    meter: str
    entity: str
    upper: str | None
    """The entity u."""
    supplied: bool
    """Whether u comes from `supplied_by`."""
    flow: str
    weight: int
    interval_s: int
    region: str
    rate: int | None
    """Contract rate of the market view."""
    shares: tuple[Share, ...]


class _Dated(Protocol):
    @property
    def since(self) -> int: ...

    @property
    def until(self) -> int: ...


Row = TypeVar("Row", bound=_Dated)


def valid(rows: Iterable[Row], instant: int) -> Row | None:
    """The row in force at an instant; two are a mistake of the registry."""
    found = [row for row in rows if row.since <= instant < row.until]
    if len(found) > 1:
        raise ValueError(f"two rows are in force at {instant}: {found}")
    return found[0] if found else None


class Tree:
    """The registry, asked at an instant."""

    def __init__(self, given: Given) -> None:
        self._deducts = given.settings.deducts
        self._entities: dict[str, list[EntityRow]] = {}
        self._meters: dict[str, list[MeterRow]] = {}
        self._contracts: dict[tuple[str, str, str], list[ContractRow]] = {}
        for row in given.entities:
            self._entities.setdefault(row.entity, []).append(row)
        for meter in given.meters:
            self._meters.setdefault(meter.meter, []).append(meter)
        for contract in given.contracts:
            kind, subject = (
                ("meter", contract.meter) if contract.meter else ("entity", contract.entity)
            )
            self._contracts.setdefault((kind, subject or "", contract.flow), []).append(contract)
        dated: tuple[_Dated, ...] = (*given.entities, *given.meters, *given.contracts)
        self.changes = sorted({row.since for row in dated} | {row.until for row in dated})
        """The instants at which anything changes."""

    def chain(self, entity: str, instant: int) -> list[str]:
        """An entity and all above it, from below."""
        above = [entity]
        while (row := valid(self._entities.get(above[-1], ()), instant)) and row.parent:
            if row.parent in above:
                raise ValueError(f"{row.parent} is above itself at {instant}")
            above.append(row.parent)
        return above

    def upper(self, row: MeterRow, instant: int) -> tuple[str | None, bool]:
        """The entity u, and whether it supplies; upper meters of weight 0 are passed over."""
        if row.supplied_by:
            return row.supplied_by, True
        found: set[tuple[str | None, bool]] = set()
        for name in row.sub_of:
            above = valid(self._meters.get(name, ()), instant)
            if above is None:
                raise ValueError(f"{row.meter} is sub_of {name}, which is not valid at {instant}")
            found.add((above.entity, False) if above.weight else self.upper(above, instant))
        found.discard((None, False))
        if len(found) > 1:
            raise ValueError(f"the upper meters of {row.meter} are not of one entity: {found}")
        return found.pop() if found else (None, False)

    def region(self, entity: str, instant: int) -> str:
        """R8: the region of the entity or of the nearest ancestor that names one."""
        for name in self.chain(entity, instant):
            row = valid(self._entities.get(name, ()), instant)
            if row and row.region:
                return row.region
        return ""

    def rate(self, row: MeterRow, instant: int) -> int | None:
        """R8: the contract rate of the meter, else of its entity or nearest ancestor with one."""
        asked = [("meter", row.meter)]
        asked += [("entity", entity) for entity in self.chain(row.entity, instant)]
        for kind, subject in asked:
            contract = valid(self._contracts.get((kind, subject, row.flow), ()), instant)
            if contract:
                return contract.rate
        return None

    def _shares(
        self, row: MeterRow, upper: str | None, supplied: bool, instant: int
    ) -> tuple[Share, ...]:
        own = self.chain(row.entity, instant)
        other = self.chain(upper, instant) if upper else []
        shares = []
        for entity in dict.fromkeys(own + other):
            first = row.weight * (entity in own)
            second = row.weight * (entity in other)
            if supplied and not self._deducts:
                share = Share(entity, first - second, first, second)
            else:
                share = Share(entity, first - second, first - second, 0)
            if share.weight or share.emitted or share.apart:
                shares.append(share)
        return tuple(shares)

    def contribution(self, meter: str, instant: int) -> Contribution | None:
        """Where the meter counts at the instant; None where it is not valid, or of weight 0."""
        row = valid(self._meters[meter], instant)
        if row is None or row.weight == 0:
            return None
        upper, supplied = self.upper(row, instant)
        return Contribution(
            meter=meter,
            entity=row.entity,
            upper=upper,
            supplied=supplied,
            flow=row.flow,
            weight=row.weight,
            interval_s=row.interval_s,
            region=self.region(row.entity, instant),
            rate=self.rate(row, instant),
            shares=self._shares(row, upper, supplied, instant),
        )

    def contributions(self, instant: int) -> list[Contribution]:
        """Where every meter counts at the instant."""
        asked = (self.contribution(meter, instant) for meter in self._meters)
        return [contribution for contribution in asked if contribution]
