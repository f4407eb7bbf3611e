"""GANs of small networks in torch: teacher and student, a ring and a grid of modes."""

from __future__ import annotations

from gandyn.bench.gan_problem import GANProblem

_PLANE = "depth=1, latent_size=2, std=0.1"
"""Of the mixtures: neighbours are at least seven standard deviations apart."""

PROBLEMS = (
    GANProblem(
        "teacher-student",
        "teacher(hidden=8, points=4, regulariser=R1(1.0))",
        measured_by="larger",
    ),
    GANProblem("ring", f"ring(hidden=10, points=24, {_PLANE}, regulariser=R1(0.1))"),
    GANProblem(
        "grid",
        f"grid(hidden=12, points=18, side=3, gain=2.5, {_PLANE}, regulariser=R1(0.1))",
    ),
)
