r"""
Benchmark profiles
==================

Which share of the problems is solved within so many oracle calls, by six rules tuned
with the same budget. Half of the starts choose the setting, the other half is shown.
"""

import tempfile

import matplotlib.pyplot as plt

from gandyn import bench
from gandyn.bench import report

plan = bench.make_plan(
    ["bilinear-scalar", "bilinear-1e1", "rotation-10", "dirac-minimax-r1"],
    ["alternating", "extragradient", "optimistic", "negative_momentum", "adam"],
    settings=8,
    starts=2,
    budget=1000,
)
with tempfile.TemporaryDirectory() as folder:
    result = bench.load(bench.run(plan, f"{folder}/result"))
    picture = report.calls_profile(result)
    figure = plt.figure(figsize=picture.size, layout="constrained")
    picture.draw(figure, picture.table)
