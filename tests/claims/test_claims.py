"""Claims: predicted and measured, and no wrong prediction passes."""

import ast
import dataclasses
import inspect
import json
import textwrap
from pathlib import Path

import numpy as np
import pytest

from gandyn.claims import CLAIMS, Check, Quantity
from gandyn.errors import GandynError, UnknownName

PUBLIC = json.loads(
    (Path(__file__).parents[1] / "data" / "claims_public.json").read_text("utf-8")
)
DESCRIBING = {
    "draw", "start", "family", "net", "gan", "grid", "h", "G", "note", "fakes"
}  # fmt: skip
"""Parameters of the public points that say in words what the claim fixes."""


def cases():
    for point in PUBLIC:
        if point["claim"] in CLAIMS:
            one = CLAIMS[point["claim"]].quantity(point["quantity"])
            marks = [pytest.mark.slow] if one.slow else []
            yield pytest.param(
                one, point, id=f"{point['claim']}-{one.name[:40]}", marks=marks
            )


@pytest.mark.parametrize(("quantity", "public"), list(cases()))
def test_public_points(quantity, public):
    left_out = set(public["params"]) - set(quantity.parameters)
    assert left_out <= DESCRIBING
    point = {k: v for k, v in public["params"].items() if k not in left_out}
    found = quantity.check(**point)
    allowed = public["tol"] * max(1.0, abs(public["value"]))
    assert public["kind"] == quantity.kind
    assert found.holds, found
    assert abs(found.predicted - public["value"]) <= allowed, found
    if quantity.kind not in ("lower bound", "upper bound"):
        assert abs(found.measured - public["value"]) <= allowed, found


def default_checks(slow):
    for name, claim in CLAIMS.items():
        for quantity in claim.quantities:
            if quantity.slow == slow:
                for i, point in enumerate(quantity.points):
                    yield pytest.param(
                        quantity, point, id=f"{name}-{quantity.name[:40]}-{i}"
                    )


@pytest.mark.parametrize(("quantity", "point"), list(default_checks(slow=False)))
def test_default_points(quantity, point):
    assert quantity.check(**point).holds


@pytest.mark.slow
@pytest.mark.parametrize(("quantity", "point"), list(default_checks(slow=True)))
def test_slow_default_points(quantity, point):
    assert quantity.check(**point).holds


class Wrong(ast.NodeTransformer):
    """One number doubled, one sign or one exponent changed: the n-th that there is."""

    def __init__(self, place):
        self.left = place

    def _hit(self):
        self.left -= 1
        return self.left == -1

    def visit_BinOp(self, node):
        self.generic_visit(node)
        swaps = {ast.Add: ast.Sub, ast.Sub: ast.Add}
        if type(node.op) in swaps and self._hit():
            return ast.BinOp(node.left, swaps[type(node.op)](), node.right)
        if isinstance(node.op, ast.Pow) and self._hit():
            more = ast.BinOp(node.right, ast.Add(), ast.Constant(1))
            return ast.BinOp(node.left, ast.Pow(), more)
        return node

    def visit_Constant(self, node):
        number = type(node.value) in (int, float) and node.value != 0
        return ast.Constant(2 * node.value) if number and self._hit() else node

    def visit_Return(self, node):
        self.generic_visit(node)
        return ast.Return(ast.UnaryOp(ast.USub(), node.value)) if self._hit() else node


def wrong_predictions(quantity):
    """Yield predictions with one mistake that moves the number, None if it raises."""
    point = quantity.points[0]
    right = quantity.predict(**point)
    source = textwrap.dedent(inspect.getsource(quantity.predict))
    for place in range(40):
        wrong = Wrong(place)
        tree = ast.fix_missing_locations(wrong.visit(ast.parse(source)))
        if wrong.left >= 0:
            return
        space = dict(inspect.getmodule(quantity.predict).__dict__)
        exec(compile(tree, "wrong", "exec"), space)  # noqa: S102
        predict = space[quantity.predict.__name__]
        try:
            with np.errstate(all="ignore"):
                value = predict(**point)
        except (ArithmeticError, ValueError, TypeError, IndexError):
            yield None
            continue
        moved = abs(value - right) > 3 * quantity.tolerance * (abs(right) or 1.0)
        if np.isfinite(value) and moved:
            yield dataclasses.replace(quantity, predict=predict)


def caught(quantities):
    """Return how many wrong predictions of some quantities are not confirmed."""
    tried = 0
    for quantity in quantities:
        two_sided = quantity.kind not in ("lower bound", "upper bound")
        point = quantity.points[0]
        measured = quantity.measure(**point)
        for wrong in list(wrong_predictions(quantity))[:4]:
            if wrong is None:
                tried += 1
                continue
            frozen = dataclasses.replace(wrong, measure=lambda _m=measured, **_: _m)
            tried += two_sided
            assert not (two_sided and frozen.check(**point).holds)
    return tried


@pytest.mark.parametrize("name", CLAIMS)
def test_wrong_predictions_are_caught(name):
    fast = [one for one in CLAIMS[name].quantities if not one.slow]
    assert caught(fast[:2]) >= 2 or not fast


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [n for n, one in CLAIMS.items() if all(q.slow for q in one.quantities)]
)
def test_wrong_predictions_of_slow_claims_are_caught(name):
    assert caught(CLAIMS[name].quantities[:2]) >= 2


def test_kinds_pick_the_assertion():
    def check(kind, measured):
        return Check("q", {}, kind, 1.0, measured, 0.1).holds

    assert check("exact", 1.05)
    assert not check("exact", 1.2)
    assert check("upper bound", -5.0)
    assert not check("upper bound", 1.2)
    assert check("lower bound", 5.0)
    assert not check("lower bound", 0.8)
    assert not check("upper bound", float("nan"))
    assert not check("upper bound", float("-inf"))


def test_refusals():
    claim = CLAIMS["bilinear_spiral"]
    with pytest.raises(UnknownName, match="did you mean alternating: angle per step"):
        claim.predict("alternating: angle", sigma=1.0)
    with pytest.raises(GandynError, match="missing a required argument"):
        claim.check("alternating: angle per step", sigma=1.0)
    with pytest.raises(UnknownName, match="kind of quantity"):
        Quantity("q", len, len, "exactly", 0.0, "", ())


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_is_whole(name):
    claim = CLAIMS[name]
    assert claim.title
    assert claim.statement.endswith(".")
    assert claim.reference
    assert len({one.name for one in claim.quantities}) == len(claim.quantities)
    for quantity in claim.quantities:
        assert quantity.points
        assert quantity.reason
        assert quantity.predict is not quantity.measure
