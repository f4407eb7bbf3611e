"""Ensembles of small GANs beside loops over single trainings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from benchmarks.report import Row, Scale, clocked, detail, interleaved
from gandyn.gans import Minibatch, advance, begin, make_gan
from gandyn.gans.advising.evidence import SignalEvidence
from gandyn.gans.advising.rehearsal import Rehearsal, Variation
from gandyn.gans.training.stepping import Stepper
from gandyn.rules import Alternating, AlternatingAdam

MEMBERS = 64
TARGET = 5.0
COPIES, COPIES_TARGET = 24, 10.0
GANS = {
    "teacher": {"regulariser": "R1"},
    "ring": {"regulariser": "R1", "hidden": 16, "depth": 1, "points": 64},
}


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the speed of an ensemble over a loop that trains its members in turn."""
    members, steps = scale.pick(MEMBERS, 4), scale.pick(20, 2)
    for name, fields in GANS.items():
        contenders = {
            "loop": clocked(_trainings(name, fields, members, 1, steps, "eager")),
            "ensemble": clocked(_trainings(name, fields, 1, members, steps, "trace")),
        }
        medians = interleaved(contenders, scale.repeats)
        what = f"{name} GAN, {members} members, {steps} alternating steps: speed over"
        ratio = medians["loop"] / medians["ensemble"]
        target = None if scale.small else TARGET
        yield Row(f"{what} a loop", ratio, target, detail=detail(medians))
        speed = members * steps / medians["ensemble"]
        yield Row(f"{name} GAN: speed", speed, unit="member-steps/s")
    yield _rehearsal(scale)


def _rehearsal(scale: Scale) -> Row:
    """Return the speed of rehearsed copies over a loop that trains each in turn."""
    copies, steps = scale.pick(COPIES, 4), scale.pick(100, 2)
    gan = make_gan("ring", hidden=32, depth=1, points=256)
    game = gan.game(dtype=torch.float32, sampling=Minibatch(64))
    x, y = gan.start(0)
    start = begin(AlternatingAdam(), game, (x.float(), y.float()))

    def run(seeds: list[int]) -> None:
        rehearsal = Rehearsal(
            AlternatingAdam(), game, start, SignalEvidence(), steps, "auto",
            lambda done, total: None,
        )  # fmt: skip
        rehearsal.run([Variation((), {"lr_x": 1e-3}, {}, seed) for seed in seeds])

    def loop() -> None:
        for seed in range(copies):
            state = start
            alone = gan.game(seed, dtype=torch.float32, sampling=Minibatch(64))
            for _ in range(steps):
                state = advance(AlternatingAdam(), alone, state)

    contenders = {
        "loop": clocked(loop),
        "ensemble": clocked(lambda: run(list(range(copies)))),
    }
    medians = interleaved(contenders, scale.repeats)
    ratio = medians["loop"] / medians["ensemble"]
    what = f"ring GAN, {copies} rehearsed copies, {steps} Adam steps: speed over a loop"
    target = None if scale.small else COPIES_TARGET
    return Row(what, ratio, target, detail=detail(medians))


def _trainings(
    name: str, fields: dict[str, object], runs: int, members: int, steps: int, kind: str
) -> Callable[[], None]:
    """Return a function that trains so many ensembles, one after the other."""
    gan = make_gan(name, **fields)
    game, start = gan.game(), gan.initial([0] * members)
    rates = torch.linspace(0.01, 0.1, members, dtype=torch.float64)
    own, stepper = {"lr_x": rates, "lr_y": rates}, Stepper(Alternating(), kind)

    def train() -> None:
        for _ in range(runs):
            state = stepper.begin(game, *start, own)
            for _ in range(steps):
                state = stepper.step(game, state, own)

    return train
