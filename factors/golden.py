"""The whole resolved table as text: what an edit of the library moves is the difference of two.

`python -m factors.golden` prints it for the newest release (or the releases named);
`--write` puts it where the tests compare it: tests/golden/factors.<release>.txt.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from factors.catalogue import NEVER_BY_DEFAULT, Catalogue, load_catalogue
from factors.library import LIBRARY, load_library, releases
from factors.times import in_words
from schemas.factor import DATE_FOUND, FACTOR_DECIMALS, Steps
from schemas.settings import Accounting

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
UTC = ZoneInfo("UTC")
USUAL_GWP = "AR5"


@dataclass(frozen=True, slots=True)
class _View:
    """A standard's catalogues: by default, with all evidence accepted, and under other GWP sets."""

    usual: Catalogue
    all_accepted: Catalogue
    others: dict[str, Catalogue]


def render(release: str, where: Path = LIBRARY) -> str:
    """Standards, flows, regions and variants of a release, each with its steps."""
    library = load_library(release, UTC, where)
    lines = [
        f"Factor library {release}: factors in g per native unit under {USUAL_GWP}, dates in UTC"
    ]
    for standard in sorted(library.standards):
        view = _view(standard, release, where)
        lines += ["", f"== {standard} (factor set {view.usual.factor_set})"]
        lines += _standard(view)
    lines += ["", "== standard coal, kgce per native unit", *_coal(view.usual)]
    return "\n".join(lines) + "\n"


def _standard(view: _View) -> Iterator[str]:
    """Flows that share factor key and unit are told once; those without rows by name alone."""
    told: dict[tuple[str, str], str] = {}
    without = []
    for name in sorted(view.usual.flows):
        flow, key = (
            view.usual.flows[name],
            (view.usual.factor_key(name), view.usual.flows[name].unit),
        )
        facts = f"{flow.carrier}, {flow.unit}, scope {flow.scope}"
        signs = f"consumption {flow.consumption_sign:+d}, emission {flow.emission_sign:+d}"
        if not view.all_accepted.with_rows(name):
            without.append(name)
            continue
        same = f": as {told[key]}" if key in told else ""
        yield f"-- {name} ({facts}, {signs}){same}"
        if not same:
            yield from _flow(view, name)
        told.setdefault(key, name)
    yield "-- no rows: " + ", ".join(without)


def _coal(made: Catalogue) -> Iterator[str]:
    told: dict[tuple[str, str], str] = {}
    for name in sorted(made.flows):
        key = (made.coal_key(name), made.flows[name].unit)
        if not key[0] or key in told:
            yield f"   {name}: as {told[key]}" if key[0] else f"   {name}: not counted"
            continue
        told[key] = name
        yield from _table(f"{name} | equivalent", made.coal(name), made, {})
        if (made.coal(name).row.tolist()) != (made.coal_primary(name).row.tolist()):
            yield from _table(f"{name} | primary", made.coal_primary(name), made, {})


def _view(standard: str, release: str, where: Path) -> _View:
    def made(gwp: str, accept: Sequence[str] = ()) -> Catalogue:
        accounting = Accounting.model_validate(
            {"standard": standard, "gwp": gwp, "library": release, "accept": list(accept)}
        )
        return load_catalogue(accounting, [], UTC, Path(), library_path=where)

    sets = [gwp for gwp in load_library(release, UTC, where).gwp if gwp != USUAL_GWP]
    return _View(
        usual=made(USUAL_GWP),
        all_accepted=made(USUAL_GWP, NEVER_BY_DEFAULT),
        others={gwp: made(gwp) for gwp in sets},
    )


def _flow(view: _View, flow: str) -> Iterator[str]:
    for variant, region in view.all_accepted.with_rows(flow):
        name = f"{region} | {variant or 'usual'}"
        steps = view.usual.resolved(flow, variant, region)
        other = {gwp: made.resolved(flow, variant, region) for gwp, made in view.others.items()}
        yield from _table(name, steps, view.usual, other)
        weak = view.all_accepted.resolved(flow, variant, region)
        if len(weak.start) != len(steps.start) or (weak.value != steps.value).any():
            yield from _table(f"{name} | with weak evidence accepted", weak, view.all_accepted, {})


def _table(name: str, steps: Steps, made: Catalogue, others: dict[str, Steps]) -> Iterator[str]:
    if not steps.known.any():
        return
    yield f"   {name}"
    for i, start in enumerate(steps.start.tolist()):
        if not steps.known[i]:
            if i:
                yield f"     {in_words(start, UTC)}  none"
            continue
        row = made.rows[int(steps.row[i])]
        other = "".join(
            f" {gwp} {_decimal(one.value[i])}"
            for gwp, one in others.items()
            if len(one.value) == len(steps.value) and one.value[i] != steps.value[i]
        )
        yield (
            f"     {in_words(start, UTC)}  {_decimal(steps.value[i])}{other}  "
            f"{DATE_FOUND[int(steps.date_found[i])]}; {row.text} {row.unit}; {row.evidence}; "
            f"{row.data_year or '-'}; {row.document or row.source}; {row.file.split('/', 2)[-1]}"
        )


def _decimal(count: int) -> str:
    return f"{Decimal(int(count)).scaleb(-FACTOR_DECIMALS):f}"


def main(arguments: Sequence[str]) -> None:
    """Print the tables, or write them with `--write`."""
    named = [argument for argument in arguments if not argument.startswith("-")]
    write = "--write" in arguments
    for release in named or (releases() if write else releases()[-1:]):
        if write:
            GOLDEN.mkdir(parents=True, exist_ok=True)
            (GOLDEN / f"factors.{release}.txt").write_text(render(release), "utf-8")
        else:
            sys.stdout.write(render(release))


if __name__ == "__main__":
    main(sys.argv[1:])
