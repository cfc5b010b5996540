"""R6 by hand: where a meter counts, in a small city."""

from __future__ import annotations

import pytest

from oracle.records import ContractRow, EntityRow, Given, MeterRow, Settings
from oracle.tree import Tree
from tests.oracle.tables import DAY, given, ids, rows

#   city ── park ── mill ── line ── press          steam: the works sell to the mill
#                └─ works ─ hall
TREE = (
    EntityRow("city", None, "CN-JS"),
    EntityRow("park", "city"),
    EntityRow("mill", "park"),
    EntityRow("line", "mill"),
    EntityRow("press", "line"),
    EntityRow("works", "park", "CN-SH"),
    EntityRow("hall", "works"),
)
METERS = (
    MeterRow("main", "mill", "grid_import", 900),
    MeterRow("second", "mill", "grid_import", 900),
    MeterRow("roof", "mill", "onsite_solar", 900),
    MeterRow("one", "line", "grid_import", 900, sub_of=("main",)),
    MeterRow("two", "line", "grid_import", 900, sub_of=("main", "second")),
    MeterRow("behind", "line", "grid_import", 900, sub_of=("main", "roof")),
    MeterRow("deep", "press", "grid_import", 900, sub_of=("one",)),
    MeterRow("double", "line", "grid_import", 900, weight=2, sub_of=("main",)),
    MeterRow("minus", "line", "grid_import", 900, weight=-1),
    MeterRow("mute", "line", "grid_import", 900, weight=0, sub_of=("main",)),
    MeterRow("under_mute", "press", "grid_import", 900, sub_of=("mute",)),
    MeterRow("blind", "line", "grid_import", 900, weight=0),
    MeterRow("under_blind", "press", "grid_import", 900, sub_of=("blind",)),
    MeterRow("mixed", "press", "grid_import", 900, sub_of=("blind", "one")),
    MeterRow("check", "mill", "grid_import", 900, sub_of=("main",)),
    MeterRow("sold", "hall", "grid_import", 900, sub_of=("main",)),
    MeterRow("steam", "mill", "steam", 900, supplied_by="works"),
    MeterRow("heated", "line", "steam", 900, sub_of=("steam",)),
)
WEIGHTS = """
meter       | city park mill line press works hall
main        | 1    1    1    0    0     0     0
second      | 1    1    1    0    0     0     0
one         | 0    0    0    1    0     0     0     # cancels from the mill up, where main counts
two         | 0    0    0    1    0     0     0     # two incomers
behind      | 0    0    0    1    0     0     0     # behind import and solar
deep        | 0    0    0    0    1     0     0
double      | 0    0    0    2    0     0     0
minus       | -1   -1   -1   -1   0     0     0
mute        | 0    0    0    0    0     0     0
under_mute  | 0    0    0    1    1     0     0     # the mute meter is passed over: u is the mill
under_blind | 1    1    1    1    1     0     0     # nothing above the blind meter
mixed       | 0    0    0    0    1     0     0     # the blind one falls away, u is the line
check       | 0    0    0    0    0     0     0     # below the main meter at the same entity
sold        | 0    0    -1   0    0     1     1     # fed through the seller, counts for the buyer
steam       | 0    0    1    0    0     -1    0     # once at the park
heated      | 0    0    0    1    0     0     0
"""


@pytest.mark.parametrize("row", rows(WEIGHTS), ids=ids(WEIGHTS))
def test_weights(row: dict[str, str]) -> None:
    contribution = Tree(given(TREE, METERS)).contribution(row["meter"], DAY)
    shares = {share.entity: share.weight for share in contribution.shares} if contribution else {}
    assert {entity: shares.get(entity, 0) for entity in list(row)[1:]} == {
        entity: int(weight) for entity, weight in list(row.items())[1:]
    }


EMITTED = """
deducts | entity  weight emitted apart
no      | mill    1      1       0
no      | works   -1     0       1     # the second bracket is left out, and shown apart
no      | park    0      1       1     # here and above
no      | city    0      1       1
yes     | mill    1      1       0
yes     | works   -1     -1      0
yes     | park    0      0       0
"""


@pytest.mark.parametrize("row", rows(EMITTED), ids=ids(EMITTED))
def test_what_is_sold_is_deducted_or_shown_apart(row: dict[str, str]) -> None:
    settings = Settings(deducts=row["deducts"] == "yes")
    contribution = Tree(given(TREE, METERS, settings=settings)).contribution("steam", DAY)
    assert contribution
    found = {share.entity: share[1:] for share in contribution.shares}
    want = (int(row["weight"]), int(row["emitted"]), int(row["apart"]))
    assert found.get(row["entity"], (0, 0, 0)) == want


def moved(at: int) -> Given:
    """A line that goes from the mill to the works, still fed through the mill."""
    tree = [row for row in TREE if row.entity != "line"]
    tree += [EntityRow("line", "mill", until=at), EntityRow("line", "works", since=at)]
    return given(tuple(tree), METERS)


def test_a_move_is_dated() -> None:
    tree = Tree(moved(DAY))
    before, after = tree.contribution("one", DAY - 1), tree.contribution("one", DAY)
    assert before
    assert after
    assert {s.entity: s.weight for s in before.shares} == {"line": 1}
    assert {s.entity: s.weight for s in after.shares} == {"line": 1, "works": 1, "mill": -1}
    assert (before.region, after.region) == ("CN-JS", "CN-SH")


RATES = """
meters entities       | rate
one    -              | 1     # the meter's own
-      line           | 2     # its entity's
-      mill,city      | 3     # the nearest ancestor's
-      works          | none
one    line,mill,city | 1
"""


@pytest.mark.parametrize("row", rows(RATES), ids=ids(RATES))
def test_the_nearest_contract_rate(row: dict[str, str]) -> None:
    rate = {"one": 1, "line": 2, "mill": 3, "city": 4, "works": 5}
    contracts = [
        ContractRow("grid_import", rate[name], **{kind: name})  # type: ignore[arg-type]
        for kind, names in (("meter", row["meters"]), ("entity", row["entities"]))
        for name in names.split(",")
        if name != "-"
    ]
    contracts.append(ContractRow("steam", 9, meter="one"))
    contracts.append(ContractRow("grid_import", 9, meter="two"))
    tree = Tree(given(TREE, METERS, contracts=tuple(contracts)))
    contribution = tree.contribution("one", DAY)
    assert contribution
    assert contribution.rate == (None if row["rate"] == "none" else int(row["rate"]))


WRONG = """
case       | says
two_homes  | entity
ring       | itself
orphan     | valid
"""


@pytest.mark.parametrize("row", rows(WRONG), ids=ids(WRONG))
def test_a_registry_that_check_refuses_is_an_error_here(row: dict[str, str]) -> None:
    meters, tree = list(METERS), list(TREE)
    if row["case"] == "two_homes":
        meters += [MeterRow("far", "works", "grid_import", 900)]
        meters += [MeterRow("asked", "line", "grid_import", 900, sub_of=("main", "far"))]
    elif row["case"] == "ring":
        tree[0] = EntityRow("city", "press")
        meters += [MeterRow("asked", "line", "grid_import", 900)]
    else:
        meters += [MeterRow("gone", "mill", "grid_import", 900, until=DAY)]
        meters += [MeterRow("asked", "line", "grid_import", 900, sub_of=("gone",))]
    with pytest.raises(ValueError, match=row["says"]):
        Tree(given(tuple(tree), tuple(meters))).contribution("asked", DAY)
