"""A downstream module that ``mypy --strict`` accepts: gandyn carries its types."""

from gandyn import Axis, Rule, critical_learning_rates, simulate, sweep
from gandyn.games import DiracGAN
from gandyn.rules import Alternating


def threshold(rule: Rule, gamma: float) -> float:
    """Return the first critical learning rate on the Dirac-GAN with R1."""
    from gandyn.games.dirac import R1

    found = critical_learning_rates(
        rule, DiracGAN(regulariser=R1(gamma)), "lr", 0.01, 10.0
    )
    return found[0].value


def main() -> None:
    """Print a threshold, an orbit's verdict and the counts of a small diagram."""
    print(threshold(Alternating(), 0.3))
    orbit = simulate(Alternating(lr=0.5), DiracGAN(regulariser="R1"), start=(0.5, 0.5))
    print(orbit.verdict)
    rates = Axis(0.05, 4.0, 8, "log")
    diagram = sweep(
        Alternating(), DiracGAN(regulariser="R1"), {"lr_x": rates, "lr_y": rates}
    )
    print(diagram.sizes)


if __name__ == "__main__":
    main()
