"""Pictures: what they show is where the data are, and nothing global is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

import gandyn
from gandyn import plot, sweep
from gandyn.cli import _boundaries
from gandyn.dynamics import VERDICTS, Axis
from gandyn.errors import GandynError, UnknownName
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.plot._cells import cell_edges
from gandyn.plot._titles import brief, field_label, title
from gandyn.plot.styles import STYLES
from gandyn.rules import Adam, Alternating, Extragradient, Lookahead, Simultaneous
from gandyn.stability.boundaries.boundaries import boundary

RULE, GAME = Simultaneous(lr=0.5), DiracGAN(regulariser="R1")
FLAGS = {
    "flag_values": np.arange(len(VERDICTS), dtype=np.int8),
    "flag_meanings": " ".join(VERDICTS),
}


def made_sweep(verdict, radius=None, scales=("log", "linear")):
    """Return a sweep with the given cells over lr_x in 1, 10, ... and gamma in 0, 1."""
    verdict = np.asarray(verdict, dtype=np.int8)
    x, y = (np.arange(size, dtype=float) for size in verdict.shape)
    x = 10.0**x if scales[0] == "log" else x
    dims = ("lr_x", "gamma")
    variables = {"verdict": (dims, verdict, FLAGS)}
    if radius is not None:
        variables["radius"] = (dims, np.asarray(radius, dtype=float))
    coords = {
        name: (name, values, {"scale": scale})
        for name, values, scale in zip(dims, (x, y), scales, strict=True)
    }
    return xr.Dataset(variables, coords, {"rule": repr(RULE), "game": repr(GAME)})


every_style = pytest.mark.parametrize("style", STYLES)


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def mesh_of(ax):
    (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
    return mesh


@every_style
def test_all_verdicts_have_a_style_and_no_two_look_the_same(style):
    own = STYLES[style].verdicts
    assert list(own) == list(VERDICTS)
    assert len(set(own.values())) == len(VERDICTS)
    assert len({colour for colour, _ in own.values()}) == len(VERDICTS)


@every_style
def test_kinds_that_grey_print_confuses_differ_by_hatch(style):
    def grey(colour):
        return np.dot(mpl.colors.to_rgb(colour), [0.299, 0.587, 0.114])

    own = STYLES[style].verdicts.values()
    plain = [grey(c) for c, hatch in own if not hatch]
    assert min(np.diff(sorted(plain))) > 0.05
    hatched = [hatch for _, hatch in own if hatch]
    assert len(set(hatched)) == len(hatched)


@every_style
def test_a_diagram_is_drawn_in_the_style_that_is_asked_for(style):
    mesh = mesh_of(plot.phase_diagram(made_sweep([[1, 2], [1, 2]]), style=style))
    seen = mesh.cmap(mesh.norm(mesh.get_array()))
    own = STYLES[style].verdicts["converges"][0]
    np.testing.assert_allclose(seen[0, 0], mpl.colors.to_rgba(own), atol=1e-12)


def test_an_unknown_style_is_refused():
    with pytest.raises(UnknownName, match="did you mean greys"):
        plot.phase_diagram(made_sweep([[1, 2], [1, 2]]), style="grays")


def test_cells_are_drawn_where_they_are_with_true_edges():
    ax = plot.phase_diagram(made_sweep([[1, 2], [1, 2], [7, 2]]))
    mesh = mesh_of(ax)
    corners = mesh.get_coordinates()
    np.testing.assert_allclose(
        corners[0, :, 0], 10.0 ** np.array([-0.5, 0.5, 1.5, 2.5])
    )
    np.testing.assert_allclose(corners[:, 0, 1], [-0.5, 0.5, 1.5])
    seen = mesh.cmap(mesh.norm(mesh.get_array()))
    own = STYLES["okabe-ito"].verdicts
    expected = [["converges", "converges", "chaotic"], ["diverges_spiral"] * 3]
    for row in range(2):
        for column in range(3):
            colour = mpl.colors.to_rgba(own[expected[row][column]][0])
            np.testing.assert_allclose(seen[row, column], colour, atol=1e-12)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    np.testing.assert_allclose(ax.get_xlim(), [10**-0.5, 10**2.5])


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_edges_of_even_axes_are_even(scale):
    edges = cell_edges(Axis(0.01, 3.0, 7, scale).values, scale)
    steps = np.diff(np.log(edges) if scale == "log" else edges)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-12)


def test_legend_has_only_the_verdicts_present_with_their_share():
    verdict = np.full((20, 20), 1)
    verdict[0, 0] = 6
    verdict[5:10] = 3
    ax = plot.phase_diagram(made_sweep(verdict))
    assert labels(ax) == [
        "converges (75 %)",
        "diverges flip (25 %)",
        "quasi-periodic (< 0.5 %)",
    ]


def test_a_hatch_covers_exactly_its_cells():
    ax = plot.phase_diagram(made_sweep([[3, 1], [3, 3], [1, 1]]))
    (patch,) = [p for p in ax.patches if isinstance(p, PathPatch)]
    inside = [
        [patch.get_path().contains_point((x, y)) for y in (0, 1)] for x in (1, 10, 100)
    ]
    assert inside == [[True, False], [True, True], [False, False]]


def test_the_predicted_boundary_is_drawn_where_the_radius_crosses_one():
    radius = np.array([[0.5, 0.5], [2.0, 2.0]])  # 1 halfway, in logarithms
    dataset = made_sweep([[1, 1], [2, 2]], radius, ("linear", "linear"))
    ax = plot.phase_diagram(dataset)
    assert labels(ax)[-1] == "radius 1, between cells"
    lines = [c for c in ax.collections if not isinstance(c, QuadMesh)]
    for line in lines:
        points = np.concatenate([path.vertices for path in line.get_paths()])
        np.testing.assert_allclose(points[:, 0], 0.5)


@pytest.mark.parametrize(
    "radius",
    [
        [[0.5, 0.6], [0.7, 0.8]],
        [[1.5, 1.6], [1.7, 1.8]],
        [[1 - 1e-15, 1 + 1e-15], [1 + 1e-15, 1 - 1e-15]],
        [[np.nan, np.nan], [np.nan, np.nan]],
    ],
)
@pytest.mark.filterwarnings("error")
def test_no_boundary_is_drawn_without_a_crossing(radius):
    ax = plot.phase_diagram(made_sweep([[1, 1], [1, 1]], radius))
    assert labels(ax) == ["converges (100 %)"]


def test_more_dims_need_a_selection():
    dataset = made_sweep([[1, 2], [1, 1]]).expand_dims({"k": [1, 2]}, axis=2)
    with pytest.raises(GandynError, match=r"select a plane first.*isel\(k=0\)"):
        plot.phase_diagram(dataset)
    ax = plot.phase_diagram(dataset.isel(k=1))
    assert "k = 2" in ax.get_title()


def test_unknown_variables_and_lines_are_refused():
    dataset = made_sweep([[1, 2], [1, 1]])
    with pytest.raises(GandynError, match="choose from verdict"):
        plot.phase_diagram(dataset, variable="verdicts")
    with pytest.raises(GandynError, match="needs 2 dims, verdict has 1"):
        plot.phase_diagram(dataset.isel(gamma=0))


@pytest.fixture(scope="module")
def real():
    axes = {"lr": Axis(0.1, 4.0, 12, "log"), "A": Axis(0.1, 4.0, 9, "log")}
    return sweep(Extragradient(), Bilinear(), axes)


def test_exact_curves_replace_the_contour_and_end_in_their_corner():
    rule, box = Simultaneous(), [(0.1, 8.0), (0.1, 2.0)]
    game = DiracGAN(regulariser=R1(0.3))
    curves = boundary(rule, game, ("lr", "gamma"), box)
    axes = {name: list(ends) for name, ends in zip(("lr", "gamma"), box, strict=True)}
    dataset = sweep(rule, game, axes, steps=16)
    ax = plot.phase_diagram(dataset, boundary=curves)
    assert labels(ax)[-2:] == ["Neimark–Sacker", "flip"]
    drawn = [line.get_xydata() for line in ax.lines if line.get_color() == "black"]
    spiral, flip = drawn
    np.testing.assert_allclose(spiral[:, 0], 4 * spiral[:, 1], rtol=1e-12)
    np.testing.assert_allclose(flip[-1], [4, 1], rtol=1e-3)  # stable up to there
    styles = {line.get_linestyle() for line in ax.lines if line.get_color() == "black"}
    assert styles == {"-", "--"}
    turned = plot.phase_diagram(dataset.transpose("gamma", "lr"), boundary=curves)
    spiral = next(line for line in turned.lines if line.get_color() == "black")
    np.testing.assert_allclose(4 * spiral.get_xdata(), spiral.get_ydata(), rtol=1e-12)
    plain = plot.phase_diagram(dataset, boundary=[])
    assert not plain.lines


def test_curves_in_other_fields_are_refused():
    curves = boundary(
        Simultaneous(),
        DiracGAN(regulariser=R1(0.3)),
        ("lr_x", "lr_y"),
        [(0.1, 8.0), (0.1, 2.0)],
    )
    with pytest.raises(GandynError, match="compute it in the same fields"):
        plot.phase_diagram(made_sweep([[1, 2], [1, 1]]), boundary=curves)


@pytest.mark.parametrize(
    ("rule", "axes"),
    [
        (Adam(), {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.2]}),
        (Lookahead(Simultaneous()), {"k": [2, 3], "lr_y": [0.1, 0.2]}),
        (Simultaneous(), {"start.x": [0.1, 0.2], "lr_y": [0.1, 0.2]}),
    ],
)
def test_the_command_line_knows_where_there_is_no_curve(rule, axes):
    found = _boundaries.of_plane(rule, GAME, axes, "auto")
    assert found.curves is None
    assert found.reason


@pytest.mark.parametrize("variable", ["rate", "radius", "rotation"])
def test_maps_have_a_bar_with_name_and_units(real, variable):
    ax = plot.phase_diagram(real, variable=variable)
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    units = real[variable].attrs["units"].replace("1/step", "step")
    assert bar.get_ylabel().startswith(f"{variable}: ")
    assert (
        units.split("/")[-1] in bar.get_ylabel() or "dimensionless" in bar.get_ylabel()
    )


def test_rates_are_centred_on_zero_and_radii_on_one(real):
    for variable, centre in (("rate", 0.0), ("radius", 1.0)):
        norm = mesh_of(plot.phase_diagram(real, variable=variable)).norm
        assert norm(centre) == pytest.approx(0.5, abs=1e-12)


def test_a_map_without_numbers_is_refused(real):
    nothing = real.assign(lyapunov=real["rate"] * np.nan)
    with pytest.raises(GandynError, match="lyapunov is not a finite number anywhere"):
        plot.phase_diagram(nothing, variable="lyapunov")


def test_cells_without_a_number_are_hatched(real):
    holes = real["rate"].copy()
    holes[0, 0] = np.nan
    ax = plot.phase_diagram(real.assign(rate=holes), variable="rate")
    (patch,) = [p for p in ax.patches if isinstance(p, PathPatch)]
    assert patch.get_hatch()
    assert patch.get_path().contains_point((0.1, 0.1))
    assert labels(ax)[0] == "no value"


def test_infinite_cells_are_drawn_as_beyond_the_bar(real):
    beyond = real["rate"].copy()
    beyond[0, 0], beyond[1, 0] = -np.inf, np.inf
    mesh = mesh_of(plot.phase_diagram(real.assign(rate=beyond), variable="rate"))
    assert not np.ma.getmaskarray(mesh.get_array()).any()
    assert mesh.get_array()[0, :2].tolist() == [mesh.norm.vmin, mesh.norm.vmax]
    assert mesh.colorbar.extend == "both"


def test_why_cells_stopped_can_be_drawn(real):
    ax = plot.phase_diagram(real, variable="ended")
    assert labels(ax)[0].startswith("exact (")


def test_real_boundary_agrees_with_the_verdicts(real):
    ax = plot.phase_diagram(real)
    assert "radius 1, between cells" in labels(ax)
    assert ax.get_title() == "Extragradient(ratio_x=1, ratio_y=1) on Bilinear(b=0, c=0)"


def test_axes_given_are_the_axes_returned(real):
    figure = Figure()
    ax = figure.add_subplot()
    assert plot.phase_diagram(real, ax) is ax
    assert plot.spectrum([0.5, 1.5j], ax=figure.add_subplot()).figure is figure


def test_pyplot_is_never_imported():
    code = (
        "import sys; from gandyn import plot; ax = plot.spectrum([0.5]); "
        "ax.figure.canvas.draw(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    place = {"PYTHONPATH": str(Path(gandyn.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | place)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_pictures_are_written_whole(tmp_path, suffix):
    ax = plot.spectrum([0.5])
    path = plot.save(ax, tmp_path / f"a.{suffix}")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(GandynError, match="exists"):
        plot.save(ax, path)
    assert plot.save(ax.figure, path, overwrite=True) == path


def test_a_picture_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    ax, path = plot.spectrum([0.5]), tmp_path / "a.png"
    path.write_text("old")

    def fail(draft, **options):
        draft.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(ax.figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        plot.save(ax, path, overwrite=True)
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_pictures_that_cannot_be_written(tmp_path):
    ax = plot.spectrum([0.5])
    with pytest.raises(GandynError, match=r"must end in .pdf, .png, .svg"):
        plot.save(ax, tmp_path / "a.jpg")
    with pytest.raises(GandynError, match="no folder"):
        plot.save(ax, tmp_path / "no" / "a.png")


def test_titles_leave_out_what_is_swept_and_untouched_structure():
    rule = Lookahead(Alternating(lr_x=0.1, lr_y=0.2, k_y=3), k=5)
    words = brief(rule, frozenset({"inner.lr_x"}))
    assert "lr_x" not in words
    assert "inner=Alternating(lr_y=0.2, k_y=3)" in words
    assert words.endswith("k=5, alpha=0.5)")
    assert brief(Simultaneous(lr=0.25)) == "Simultaneous(lr=0.25)"
    assert brief(Simultaneous(lr=0.25), frozenset({"lr"})) == "Simultaneous"


def test_titles_show_what_cannot_be_read_as_it_stands():
    assert title("Mine(a=1)", "Bilinear(A=1.0)").startswith("Mine(a=1) on Bilinear(A=1")


def test_labels_name_the_field_and_its_units():
    assert field_label("inner.lr_x") == (
        "inner.lr_x: learning rate of x (dimensionless)"
    )
    assert field_label("gamma") == "gamma (dimensionless)"


@pytest.mark.parametrize(
    ("low", "high", "scale"),
    [
        (0.5, 2.0, "log"),
        (2.0, 9.0, "log"),
        (0.3, 0.9, "log"),
        (0.3, 3.0, "log"),
        (0.3, 25.0, "log"),
        (1e4, 2e4, "linear"),
    ],
)
def test_labels_of_ticks_do_not_overlap_in_a_small_picture(low, high, scale):
    rates = Axis(low, high, 5, scale)
    axes = {"lr_x": rates, "lr_y": rates}
    ax = plot.phase_diagram(sweep(Simultaneous(), Bilinear(), axes, steps=16))
    ax.figure.set_size_inches(5, 3)
    ax.figure.draw_without_rendering()
    frame = ax.get_window_extent()
    for axis, ends in ((ax.xaxis, "x"), (ax.yaxis, "y")):
        boxes = [
            label.get_window_extent()
            for label in axis.get_ticklabels(which="both")
            if label.get_text()
        ]
        low_end, high_end = (getattr(frame, ends + i) for i in "01")
        inside = [
            box
            for box in boxes
            if low_end <= getattr(box, ends + "1")
            and getattr(box, ends + "0") <= high_end
        ]
        assert len(inside) >= 2
        assert not any(a.overlaps(b) for i, a in enumerate(inside) for b in inside[:i])
