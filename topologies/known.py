"""What the books were made with, written down so that a change of it is seen for what it moves (R12).

A fingerprint says *that* registry, factors or settings differ; these rows say *what*: contributions,
meter facts, tree and factors, each with its time. Cut to the span of the books and compared, they tell
a new meter valid from now on from one that moves published figures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import feather

from factors.catalogue import Catalogue
from schemas.compiled import Compiled
from schemas.factor import Steps
from schemas.workspace import Workspace

_TABLES = ("facts", "contributions", "tree", "factors")
_TIME = ("since", "until")


@dataclass(frozen=True, slots=True)
class Known:
    """Dated rows of everything that moves a figure; each table has since and until (epoch s)."""

    facts: pa.Table
    """What decides over a reading: meter, unit, multiplier, interval, flow, validity."""
    contributions: pa.Table
    """meter, entity, upper, supplied, flow, region, contract, weight."""
    tree: pa.Table
    factors: pa.Table
    """Location, market and standard-coal factors of every flow, region and contract in use."""
    settings: dict[str, Any]

    def save(self, folder: Path) -> None:
        """Write everything down."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _TABLES:
            feather.write_feather(getattr(self, name), folder / f"{name}.new", compression="zstd")
            (folder / f"{name}.new").rename(folder / f"{name}.arrow")
        (folder / "settings.json").write_text(json.dumps(self.settings, ensure_ascii=False))


def load_known(folder: Path) -> Known | None:
    """What was written down, None where nothing was."""
    if not (folder / "settings.json").exists():
        return None
    tables = {name: feather.read_table(folder / f"{name}.arrow") for name in _TABLES}
    return Known(**tables, settings=json.loads((folder / "settings.json").read_text()))


def known_now(workspace: Workspace, compiled: Compiled, catalogue: Catalogue) -> Known:
    """The same of the workspace as it is now."""
    meters = pa.array(compiled.meters, pa.string())
    flows, entities = pa.array(compiled.flows), pa.array([*compiled.entities, ""])
    f, c = compiled.facts, compiled
    facts = {
        "meter": meters.take(pa.array(f.slot)),
        "unit": pa.array(f.unit, pa.string()),
        "multiplier": pa.array(
            [f"{n}/{d}" for n, d in zip(f.multiplier_num, f.multiplier_den, strict=True)],
            pa.string(),
        ),
        "interval": _text(c.meter_interval_s[f.slot]),
        "flow": flows.take(pa.array(c.meter_flow[f.slot])),
    }
    k = c.member_class
    rates = [f"{r.rate} {r.unit}" for r in workspace.contracts] + [""]
    contributions = {
        "meter": meters.take(pa.array(c.member_slot)),
        "entity": entities.take(pa.array(c.class_entity[k])),
        "upper": _or_none(entities, c.class_upper[k]),
        "supplied": _text(c.class_supplied[k].astype(np.int64)),
        "flow": flows.take(pa.array(c.class_flow[k])),
        "region": pa.array(c.class_region, pa.string()).take(pa.array(k)),
        "contract": _or_none(pa.array(rates, pa.string()), c.class_contract[k]),
        "weight": _text(c.member_weight),
    }
    tree = {
        "entity": entities.take(pa.array(c.tree_entity)),
        "parent": _or_none(entities, c.tree_parent),
    }
    return Known(
        facts=_dated(facts, f.since, f.until),
        contributions=_dated(contributions, c.member_since, c.member_until),
        tree=_dated(tree, c.tree_since, c.tree_until),
        factors=_factor_rows(workspace, compiled, catalogue),
        settings=workspace.settings.model_dump(mode="json", by_alias=True),
    )


def _text(values: NDArray[Any]) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _or_none(names: pa.Array, index: NDArray[np.int32]) -> pa.Array:
    return names.take(pa.array(np.where(index < 0, len(names) - 1, index)))


def _dated(
    columns: dict[str, pa.Array], since: NDArray[np.int64], until: NDArray[np.int64]
) -> pa.Table:
    return pa.table({**columns, "since": pa.array(since), "until": pa.array(until)})


def _factor_rows(workspace: Workspace, compiled: Compiled, catalogue: Catalogue) -> pa.Table:
    names: list[str] = []
    starts, ends, texts = [], [], []

    def put(name: str, steps: Steps) -> None:
        count = len(steps.start)
        names.extend([name] * count)
        starts.append(steps.start)
        ends.append(np.append(steps.start[1:], 2**62))
        fields = (steps.value, steps.known, steps.region_found, steps.date_found, steps.basis)
        texts.append(pc.binary_join_element_wise(*(_text(x.astype(np.int64)) for x in fields), " "))

    used = {
        (compiled.flows[f], region, int(contract))
        for f, region, contract in zip(
            compiled.class_flow, compiled.class_region, compiled.class_contract, strict=True
        )
    }
    for flow, region, contract in sorted(used):
        rate = workspace.contracts[contract].rate if contract >= 0 else ""
        put(f"{flow} in {region or '-'}, location", catalogue.location(flow, region))
        market = catalogue.market(flow, region, contract)
        put(f"{flow} in {region or '-'}, market {rate}".rstrip(), market)
    for flow in sorted({flow for flow, _, _ in used}):
        put(f"{flow}, standard coal", catalogue.coal(flow))
        put(f"{flow}, standard coal primary", catalogue.coal_primary(flow))
        signs = catalogue.flows[flow]
        names.append(f"{flow}, signs, unit, scope")
        starts.append(np.array([-(2**62)]))
        ends.append(np.array([2**62]))
        says = (
            signs.consumption_sign,
            signs.emission_sign,
            signs.unit,
            signs.scope,
            catalogue.deducts,
        )
        texts.append(pa.array([" ".join(map(str, says))]))
    if not names:
        names_, texts_ = pa.array([], pa.string()), pa.array([], pa.string())
        return _dated({"factor": names_, "value": texts_}, np.zeros(0, "i8"), np.zeros(0, "i8"))
    columns = {"factor": pa.array(names), "value": pa.chunked_array(texts).combine_chunks()}
    return _dated(columns, np.concatenate(starts), np.concatenate(ends))


def differences(before: pa.Table, now: pa.Table, span: tuple[int, int] | None) -> pa.Table:
    """Rows that only one of two tables has inside the span (None: ever): `which` is - or +.

    Rows that touch and say the same are one row, so a border that changes nothing is no difference.
    """
    a, b = _signed(before, span), _signed(now, span)
    gone = a.filter(pc.invert(pc.is_in(a["sign"], b["sign"])))
    come = b.filter(pc.invert(pc.is_in(b["sign"], a["sign"])))
    marked = [
        t.drop_columns("sign").append_column("which", pa.array([mark] * len(t), pa.string()))
        for t, mark in ((gone, "-"), (come, "+"))
    ]
    return pa.concat_tables(marked)


def _signed(table: pa.Table, span: tuple[int, int] | None) -> pa.Table:
    """Cut to the span, joined where rows touch, each row with all it says in one text."""
    since, until = (table[n].to_numpy() for n in _TIME)
    if span is not None:
        keep = (until > span[0]) & (since < span[1])
        table = table.filter(pa.array(keep))
        since, until = np.maximum(since[keep], span[0]), np.minimum(until[keep], span[1])
    columns = [c for c in table.column_names if c not in _TIME]
    says = pc.binary_join_element_wise(*(table[c] for c in columns), "\x1f")
    if isinstance(says, pa.ChunkedArray):
        says = says.combine_chunks()
    code = says.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.lexsort((since, code))
    code, since, until = code[order], since[order], until[order]
    first = np.ones(len(code), bool)
    first[1:] = (code[1:] != code[:-1]) | (since[1:] != until[:-1])
    starts = np.flatnonzero(first)
    last = np.append(starts[1:], len(code)) - 1
    joined = table.select(columns).take(pa.array(order[starts]))
    joined = joined.append_column("since", pa.array(since[starts]))
    joined = joined.append_column("until", pa.array(until[last]))
    sign = pc.binary_join_element_wise(
        says.take(pa.array(order[starts])), _text(since[starts]), _text(until[last]), "\x1f"
    )
    return joined.append_column("sign", sign)
