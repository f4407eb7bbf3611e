"""Laws and a rule's settings: all of them are drawn, and traits may depend on them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import find, given, settings

from gandyn._node import leaves
from gandyn.elementary import sqrt
from gandyn.games import Bilinear, DiracGAN
from gandyn.rules import (
    CATALOGUE,
    Adam,
    Alternating,
    ClipValue,
    Extragradient,
    HeavyBall,
    Lookahead,
    Nesterov,
    OptimisticGradient,
    PastExtragradient,
    ProximalPoint,
    Rule,
    Simultaneous,
)
from gandyn.testing import LAWS, Broken, Unsuitable, check_law, strategies
from gandyn.testing._play import with_settings
from gandyn.testing.adapters import TorchPair
from tests.mutants.coordinates import LastFrozen
from tests.mutants.players import one_setting, one_settings
from tests.mutants.second_order import Sloppy

UNEQUAL = [
    HeavyBall(beta_x=0.9, beta_y=0.1),
    Nesterov(beta_x=0.9, beta_y=0.1),
    Extragradient(ratio_x=2.0, ratio_y=0.5),
    PastExtragradient(ratio_x=1.0, ratio_y=0.25),
    OptimisticGradient(ratio_x=2.0, ratio_y=0.5),
    ClipValue(Simultaneous(), bound_x=0.125, bound_y=2.0),
    Lookahead(HeavyBall(beta_x=-0.5, beta_y=0.5), k=2),
]
ONE_SETTING = list(one_settings())
SEEING = ("drift", "swap", "spectrum", "freeze", "singular-pairs")
"""Laws in which a player's settings show."""


class Root(Rule):
    """A rule whose weight must lie in [0, 1], which a bare float does not say."""

    aliases: ClassVar[tuple[str, ...]] = ()

    lr_x: float = 0.1
    lr_y: float = 0.1
    weight: float = 1.0
    period: int = 4

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        if not 0 <= self.weight <= 1 or self.period < 4:
            raise ValueError("weight must lie in [0, 1], and period be at least 4")
        w = sqrt(self.weight)
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * w * gx, y - self.lr_y * w * gy, memory


class Pulled(Simultaneous):
    """A pull to the origin, of its own strength: a trait is a property."""

    aliases: ClassVar[tuple[str, ...]] = ()

    pull: float = 0.0

    @property
    def translates(self) -> bool:  # type: ignore[override]
        """Whether moving the origin moves the orbit."""
        return bool(self.pull == 0)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q, memory = super().step(game, x, y, memory)
        return p - self.lr_x * self.pull * x, q - self.lr_y * self.pull * y, memory


def outcome(rule: Any, law: str) -> str:
    return check_law(LAWS[law], rule).outcome


def id_of(rule: Any) -> str:
    return type(rule).__name__


@pytest.mark.parametrize("rule", UNEQUAL, ids=id_of)
def test_players_with_settings_of_their_own_are_no_joint_optimizer(rule: Any) -> None:
    result = check_law(LAWS["potential"], rule)
    assert (result.outcome, rule.joint) == ("not applicable", False)
    assert "declared absent" in result.message
    assert type(rule).joint


@pytest.mark.parametrize(
    "rule", [HeavyBall(beta_x=0.9, beta_y=0.9), Lookahead(Extragradient()), Adam()]
)
def test_players_with_equal_settings_are_one(rule: Any) -> None:
    assert rule.joint
    assert outcome(rule, "potential") == "passed"


def test_a_trait_may_be_a_property() -> None:
    assert outcome(Pulled(), "translation") == "passed"
    result = check_law(LAWS["translation"], Pulled(pull=1.0))
    assert (result.outcome, result.examples > 0) == ("not applicable", True)
    assert not Lookahead(Pulled(pull=1.0)).translates


@pytest.mark.parametrize("lr", [1e6, 1e-8, 1e8])
def test_rounding_of_a_large_step_is_no_broken_derivative(lr: float) -> None:
    assert outcome(Simultaneous(lr=lr), "jacobian") == "passed"


def test_no_difference_is_taken_across_a_kink() -> None:
    """g/(|g| + ε) is odd: differences of one width agree about 0, and are wrong."""
    rule = CATALOGUE["OptimisticAdam"](lr=0.5, beta1=0.0, beta2=0.0, eps=1e-10)
    with pytest.raises(Unsuitable, match="too rough"):
        LAWS["jacobian"].check(rule, game=DiracGAN(), x=0.0, y=0.0)


def test_an_unsolved_step_breaks_no_law() -> None:
    case = {"game": DiracGAN(), "x": 16.0, "y": -1.0, "player": "x"}
    with pytest.raises(Unsuitable, match="leaves no next state"):
        LAWS["freeze"].check(ProximalPoint(), **case)


@pytest.mark.parametrize(
    ("rule", "law"),
    [(one_setting(Extragradient, "ratio", "x"), "spectrum"), (Sloppy(), "implicit"),
     (LastFrozen(), "drift")],
    ids=["one ratio", "sloppy", "last frozen"],
)  # fmt: skip
def test_mistakes_that_defaults_hide_are_found(rule: Any, law: str) -> None:
    result = check_law(LAWS[law], rule)
    assert result.outcome == "failed"
    assert result.numbers <= 5


@pytest.mark.parametrize("mutant", ONE_SETTING[::12], ids=id_of)
def test_one_setting_for_both_players_is_found(mutant: Any) -> None:
    assert_found(mutant)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", ONE_SETTING, ids=id_of)
def test_one_setting_for_both_players_is_found_in_every_rule(mutant: Any) -> None:
    assert_found(mutant)


def assert_found(mutant: Any) -> None:
    results = (check_law(LAWS[law], mutant) for law in SEEING)
    found = next(result for result in results if result.outcome == "failed")
    assert found.numbers <= 5, found.snippet


def test_every_player_s_setting_has_its_mutants() -> None:
    pairs = sum(name.endswith("_x") for c in CATALOGUE.values() for name in leaves(c()))
    inner = sum(path.startswith("inner.") for c in CATALOGUE.values()
                for path in leaves(c()) if path.endswith("_x"))  # fmt: skip
    assert len(ONE_SETTING) == 2 * (pairs - inner) > 100


@pytest.mark.parametrize("cls", CATALOGUE.values(), ids=CATALOGUE)
def test_any_setting_is_drawn_and_lies_in_its_domain(cls: Any) -> None:
    rule, seen = cls(), set()
    solver = {"tol", "iterations"}

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(strategies.settings(rule))
    def draw(drawn: dict[str, Any]) -> None:
        seen.update(drawn)
        assert with_settings(rule, drawn) != rule or not drawn

    draw()
    assert seen == {path for path in leaves(rule) if path not in solver}


def test_settings_of_both_players_can_be_drawn_equal() -> None:
    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(strategies.settings(HeavyBall(beta_x=0.9, beta_y=0.1), tied=True))
    def draw(drawn: dict[str, Any]) -> None:
        rule = with_settings(HeavyBall(beta_x=0.9, beta_y=0.1), drawn)
        assert not drawn or rule.beta_x == rule.beta_y

    draw()


def test_only_learning_rates_of_an_optimizer_are_drawn() -> None:
    peer = TorchPair("torch.optim.SGD", {"momentum": 0.5}, lr=0.1)
    drawn = find(strategies.settings(peer), lambda settings: len(settings) == 2)
    assert set(drawn) == {"lr_x", "lr_y"}


def test_a_bare_float_is_drawn_between_0_and_its_own_value() -> None:
    for law in ("shapes", "drift", "translation", "swap", "singular-pairs"):
        result = check_law(LAWS[law], Root())
        assert result.outcome in ("passed", "failed"), str(result)
    assert outcome(Root(), "translation") == "passed"
    with pytest.raises(Exception, match="weight"):
        LAWS["shapes"].check(Root(weight=2.0), game=Bilinear(), x=1.0, y=0.0)


def test_a_case_where_the_law_is_not_declared_says_nothing() -> None:
    case = {"game": Bilinear(), "x": 1.0, "y": 0.5}
    LAWS["energy"].check(Alternating(), **case)
    with pytest.raises(Unsuitable, match="declared otherwise"):
        LAWS["energy"].check(Alternating(), settings={"k_y": 2}, **case)


def test_a_number_stands_for_all_coordinates() -> None:
    game = strategies.games("wide")
    first = find(game, lambda game: game.shape == ((5,), (7,)))
    with pytest.raises(Broken):
        LAWS["drift"].check(LastFrozen(), game=first, x=0.0, y=1.0, ratio=1.0)
    values = np.linalg.svd(first.matrix(), compute_uv=False)
    assert len(set(values.round(6))) == 5
    assert values.min() > 0.1
