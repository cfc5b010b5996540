"""Do the rows fit: each other (none equally good), and the flows that use them (R8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from itertools import pairwise

from factors.rows import STANDARD_COAL, FactorRow
from factors.tables import Catalogue
from factors.times import in_words
from factors.units import UnitError
from schemas.compiled import FOREVER
from schemas.factor import Flow
from schemas.mistakes import Mistake

Table = Callable[[FactorRow], tuple[str, str, str] | None]


def equally_good(rows: Sequence[FactorRow], table: Table, zone: tzinfo) -> list[Mistake]:
    """Rows of one factor and region that are valid at once: neither may silently win (R8)."""
    groups: dict[tuple[object, ...], list[FactorRow]] = defaultdict(list)
    for row in rows:
        key = table(row)
        if key is not None:
            groups[(row.own, *key)].append(row)
    mistakes = []
    for group in groups.values():
        group.sort(key=lambda row: (row.valid_from, row.line))
        for earlier, later in pairwise(group):
            explicit = earlier.valid_to < FOREVER and earlier.valid_to > later.valid_from
            if later.valid_from <= earlier.last_start or explicit:
                when = in_words(later.valid_from, zone)
                text = (
                    f"equally good on {when} as the row in {earlier.file}:{earlier.line} "
                    f"({later.standard}, {later.factor}, {later.region}): keep one, or end one "
                    "with valid_to"
                )
                mistakes.append(Mistake(later.file, later.line, text))
    return mistakes


def unfit(made: Catalogue, keys: dict[str, tuple[str, str]]) -> Iterator[Mistake]:
    """Rows in use whose unit, gas or size doesn't fit a flow that names them."""
    users: dict[str, list[Flow]] = defaultdict(list)
    for name, (factor, coal) in keys.items():
        users[factor].append(made.flows[name])
        users[STANDARD_COAL + coal].append(made.flows[name])
    for place, row in enumerate(made.rows):
        key = made.table(row)
        for flow in users.get(key[0], ()) if key is not None else ():
            base = "kgce" if row.standard == STANDARD_COAL else "g"
            complaint = _complaint(made, place, flow.unit, base)
            if complaint:
                yield Mistake(row.file, row.line, f"for flow {flow.name}: {complaint}")


def _complaint(made: Catalogue, place: int, native: str, base: str) -> str:
    try:
        made.piece(place, native, base)
    except UnitError as error:
        return f"{made.rows[place].unit}: {error}"
    except KeyError as error:
        return f"GWP set {made.gwp} has no {error.args[0]}: take a set that has it, or give co2e"
    except OverflowError:
        return f"more than 9.2e9 g per {native}: check the unit, or use a smaller native unit"
    return ""
