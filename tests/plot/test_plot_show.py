"""Figures that pyplot does not keep are shown where something can show them."""

from __future__ import annotations

import sys
import types

import matplotlib as mpl
import pytest
from matplotlib.backend_bases import FigureCanvasBase, FigureManagerBase

from gandyn._canvas import axes_or_new


@pytest.fixture
def shown(monkeypatch):
    """Register a backend with windows, and yield the figures that it has shown."""
    found = []

    class Manager(FigureManagerBase):
        def show(self):
            found.append(self.canvas.figure)

    class Canvas(FigureCanvasBase):
        manager_class = Manager
        required_interactive_framework = "none"

    module = types.ModuleType("windows_of_a_test")
    module.FigureCanvas, module.FigureManager = Canvas, Manager
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with mpl.rc_context():
        dict.__setitem__(mpl.rcParams, "backend", f"module://{module.__name__}")
        yield found


def test_a_figure_is_shown_in_a_window_each_time(shown):
    figure = axes_or_new(None).figure
    figure.show()
    figure.show()
    assert shown == [figure, figure]


def test_without_windows_the_remedy_is_told():
    figure = axes_or_new(None).figure
    with mpl.rc_context():
        dict.__setitem__(mpl.rcParams, "backend", "agg")
        with pytest.warns(UserWarning, match=r"plot\.save"):
            figure.show()
        figure.show(warn=False)
