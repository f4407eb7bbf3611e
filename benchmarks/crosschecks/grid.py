"""A plane of 32×32 learning rates of a teacher–student GAN."""

from __future__ import annotations

from benchmarks.crosschecks._outcome import Outcome
from gandyn._progress import Progress
from gandyn.crosscheck.grids import crosscheck_grid
from gandyn.dynamics import Axis
from gandyn.games import R1
from gandyn.gans.catalogue.perceptrons import TeacherStudent
from gandyn.rules.gradient import Simultaneous

SIDE = 32
POINTS = 32
LOW, HIGH = 0.05, 5.0


def run(progress: Progress, side: int = SIDE, points: int = POINTS) -> Outcome:
    """Return the plane of simultaneous play, its boundary and its confusion matrix."""
    gan = TeacherStudent(points=points, regulariser=R1())
    axes = {name: Axis(LOW, HIGH, side, "log") for name in ("lr_x", "lr_y")}
    found = crosscheck_grid(
        Simultaneous(), gan.game(0), gan.equilibrium(0), axes,
        chunk=max(side * side // 8, 1), progress=progress,
    )  # fmt: skip
    found.cells.attrs["game"] = repr(gan)
    details = found.as_dict()
    names = ("confusion", "confusion_far", "agreement", "agreement_far", "near")
    summary = {name: details[name] for name in names}
    summary["disagreements"] = len(details["disagreements"])
    details |= {"gan": repr(gan), "rule": found.cells.attrs["rule"]}
    return Outcome(found.agrees, summary, details, found)
