"""An explanation as a tree for a reader."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from decimal import Decimal

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from topologies.explain.record import (
    Contribution,
    Explanation,
    FactorRowUsed,
    Figures,
    Number,
    Period,
)

PERIODS_SHOWN, FINDINGS_SHOWN, LONGER_SHOWN = 6, 8, 3
UNBROKEN = 1_000
"""Width of lines that go into a file or a pipe."""
RANKS = ("estimated", "declared", "apportioned", "measured", "edited")


def digits(value: Number) -> str:
    """The exact number, thousands apart, without zeros at the end."""
    if value is None:
        return "null"
    if isinstance(value, int):
        return f"{value:,}"
    whole = f"{value:,f}"
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def show(e: Explanation, meters: int) -> None:
    """Print the tree on stdout."""
    console = Console(file=sys.stdout, highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, markup=False, width=UNBROKEN)
    console.print(tree(e, meters))


def tree(e: Explanation, meters: int) -> Tree:
    """The explanation with its `meters` heaviest contributions."""
    top = Tree(_head(e), guide_style="dim")
    for line in _figures(e):
        top.add(line)
    _contributions(top, e, meters)
    factors = top.add(Text("factor rows", style="bold"))
    for row in e.factor_rows:
        _row(factors, row)
    if e.findings:
        found = top.add(Text(f"findings ({len(e.findings)})", style="bold"))
        for f in e.findings[:FINDINGS_SHOWN]:
            found.add(Text(f"{f['kind']} {f['subject']} {f['start']}: {f['text']}", "yellow"))
        _more(found, len(e.findings) - FINDINGS_SHOWN)
    for note in e.notes:
        top.add(Text(f"note: {note}", style="yellow"))
    return top


def _head(e: Explanation) -> Text:
    name = " · ".join(dict.fromkeys(e.name.values()))
    head = Text(f"{e.entity} {name}", style="bold")
    head.append(f"  {e.level} in {' > '.join(e.path[:-1]) or 'nothing above'}\n", style="dim")
    head.append(f"{e.flow}", style="bold cyan")
    head.append(f" ({e.carrier}, scope {e.scope})  {e.grain} {e.start} to {e.end}")
    return head


def _figures(e: Explanation) -> Iterable[Text]:
    f, unit = e.figures, e.unit
    yield _line("quantity", f"{digits(f['quantity'])} {unit}", e, "quantity")
    yield _line("CO2e, location", f"{digits(f['co2e_location_g'])} g", e, "co2e_location_g")
    yield _line("CO2e, market", f"{digits(f['co2e_market_g'])} g", e, "co2e_market_g")
    if f["co2e_apart_g"]:
        yield _line("CO2e, apart", f"{digits(f['co2e_apart_g'])} g", e, "co2e_apart_g")
    yield _line("coal 当量值", f"{digits(f['kgce'])} kgce", e, "kgce")
    yield _line("coal 等价值", f"{digits(f['kgce_primary'])} kgce", e, "kgce_primary")
    yield _line("coverage", _coverage(f), e, "minutes_expected", "minutes_reported")
    parts = [f"{digits(f[f'quantity_{r}'])} {r}" for r in RANKS if f[f"quantity_{r}"]]
    yield _line("by rank", ", ".join(parts) or "nothing", e, *(f"quantity_{r}" for r in RANKS))
    if f["remainder"] is not None:
        yield _line("remainder", f"{digits(f['remainder'])} {unit}", e, "remainder")
    if f["supplied"] is not None:
        yield _line("supplied", f"{digits(f['supplied'])} {unit}", e, "supplied")
    equal = f"= the sum of what follows = the table (version {e.version})"
    wrong = "IS NOT what the table says: " + "; ".join(
        f"{k} {digits(e.table[k])} there" for k in e.differences
    )
    yield Text(f"✓ {equal}", "green") if e.agrees else Text(f"✗ {wrong}", "bold red")


def _line(name: str, value: str, e: Explanation, *columns: str) -> Text:
    wrong = any(column in e.differences for column in columns)
    return Text(set_cell_size(name, 15)).append(value, style="red" if wrong else "bold")


def _coverage(f: Figures) -> str:
    expected, reported = int(f["minutes_expected"] or 0), int(f["minutes_reported"] or 0)
    if not expected:
        return "no meter is expected to report"
    share = Decimal(reported * 100) / expected
    return f"{share:.2f} % ({reported:,} of {expected:,} meter-minutes)"


def _contributions(top: Tree, e: Explanation, meters: int) -> None:
    def heavy(c: Contribution) -> tuple[Decimal, Decimal, str]:
        given = (c.gives["co2e_location_g"], c.gives["quantity"])
        size = [abs(Decimal(x or 0)) for x in given]
        return -size[0], -size[1], c.meter

    counted = [c for c in e.contributions if c.weight or c.emission_weight]
    inside = [c for c in e.contributions if not (c.weight or c.emission_weight)]
    of = len({c.meter for c in counted})
    branch = top.add(Text(f"contributions: {of:,} meter{'s' * (of != 1)}", style="bold"))
    for c in sorted(counted, key=heavy)[: max(0, meters)]:
        _contribution(branch, c, e)
    _more(branch, len(counted) - max(0, meters))
    if inside:
        of, off = len({c.meter for c in inside}), sum(_off(c) for c in inside)
        text = f"{of:,} more inside these count once only; {digits(off)} {e.unit} in the remainder"
        branch.add(Text(text, style="dim"))


def _off(c: Contribution) -> Decimal:
    """What a meter gives to (or takes off) the remainder."""
    return c.remainder_weight * (c.quantity or Decimal(0))


def _contribution(branch: Tree, c: Contribution, e: Explanation) -> None:
    head = Text(f"{c.weight:+d} × ", style="bold")
    head.append(c.meter, style="cyan").append(f"  {digits(c.quantity)} {e.unit}")
    head.append(f" → {digits(c.gives['co2e_location_g'])} g")
    if c.gives["co2e_market_g"] != c.gives["co2e_location_g"]:
        head.append(f", market {digits(c.gives['co2e_market_g'])} g")
    node = branch.add(head)
    node.add(Text(_why(c, e), style="dim"))
    node.add(Text(_readings(c), style="dim"))
    for r in c.readings.longer[:LONGER_SHOWN]:
        text = f"cut from {digits(r.quantity)} {e.unit} {r.quality}, {r.start} to {r.end}"
        node.add(Text(f"{text}{f', revision {r.revision}' * bool(r.revision)}", style="dim"))
    _more(node, len(c.readings.longer) - LONGER_SHOWN)
    for period in c.periods[:PERIODS_SHOWN]:
        node.add(_period(period, e, alone=len(c.periods) == 1))
    _more(node, len(c.periods) - PERIODS_SHOWN)


def _why(c: Contribution, e: Explanation) -> str:
    where = f"meter of {c.entity}"
    if c.why == "sub_of":
        where += f", inside {' + '.join(c.sub_of) or 'the meters'} of {c.under}"
    elif c.why == "supplied_by":
        where += f", supplied by {c.under}"
    if c.weight < 0:
        where += ": taken off here, it is used elsewhere"
    if c.emission_weight != c.weight:
        where += f"; its emission counts {c.emission_weight:+d}: the standard does not deduct it"
    if (c.start, c.end) != (e.start, e.end):
        where += f"; from {c.start} to {c.end}"
    return where


def _readings(c: Contribution) -> str:
    r = c.readings
    parts = [f"{n:,} {rank}" for rank, n in r.intervals.items()]
    for n, what in ((r.voided, "voided by an edit"), (r.missing, "missing")):
        if n:
            parts.append(f"{n:,} {what}")
    notes = [
        f"{n:,} {what}" for n, what in ((r.conflicts, "in conflict"), (r.revised, "revised")) if n
    ]
    text = "intervals: " + (", ".join(parts) or "none")
    return text + (f" ({', '.join(notes)})" if notes else "")


def _period(p: Period, e: Explanation, *, alone: bool) -> Text:
    text = Text("" if alone else f"from {p.start}: {digits(p.quantity)} {e.unit} ")
    if p.location.value is None:
        return text.append("no factor: the emission is null", style="yellow")
    text.append(f"× {digits(p.location.value)} g/{e.unit} [{p.location.row}] ")
    text.append(f"{p.location.region_found}, {p.location.date_found}", style="dim")
    if p.market.basis != "location":
        value, row = digits(p.market.value), p.market.row
        text.append(f"; market {value} g/{e.unit} [{row}] {p.market.basis}")
    return text


def _row(branch: Tree, r: FactorRowUsed) -> None:
    what = " ".join(x for x in (r.standard, r.factor, r.variant, r.region) if x)
    until = f" to {r.valid_to[:10]}" if r.valid_to else " on"
    since = f" from {r.valid_from[:10]}{until}" if r.valid_from else ""
    node = branch.add(Text(f"[{r.row}] {what}: ").append(f"{r.value} {r.unit}", style="bold"))
    node.label = Text.assemble(node.label, f"{since}")  # type: ignore[arg-type]
    said = [x for x in (r.document, r.source, r.method) if x]
    year = f"data of {r.data_year}, " if r.data_year else ""
    published = f"published {r.published}, " if r.published else ""
    node.add(Text(f"{year}{published}evidence: {r.evidence}; {r.file}:{r.line}", style="dim"))
    if said:
        node.add(Text("; ".join(said), style="dim"))


def _more(branch: Tree, count: int) -> None:
    if count > 0:
        branch.add(Text(f"… and {count:,} more (-o json has all)", style="dim"))
