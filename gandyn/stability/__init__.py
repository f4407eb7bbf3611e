"""Stability computed, not watched: maps, boundaries, bifurcations, cycles, proofs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gandyn.stability.arithmetic.jets import Jet, multilinear_forms
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.attractors.basins import basins
from gandyn.stability.attractors.lyapunov import LyapunovSpectrum, lyapunov_spectrum
from gandyn.stability.boundaries.boundaries import BoundaryCurve, boundary
from gandyn.stability.certificates.cells import certify_sweep
from gandyn.stability.certificates.certificates import Certificate, certify
from gandyn.stability.certificates.intervals import (
    IntervalCertificate,
    certify_interval,
)
from gandyn.stability.continuation.branch import Branch, Fold
from gandyn.stability.crossings.normal_forms import NormalForm, normal_form
from gandyn.stability.crossings.records import Bifurcation, Bifurcations
from gandyn.stability.crossings.stability_limit import (
    StabilityLimit,
    radius_derivative,
    stability_limit,
)
from gandyn.stability.crossings.switching import switch_branch
from gandyn.stability.crossings.thresholds import bifurcations, critical_learning_rates
from gandyn.stability.curves.continuation import (
    continue_invariant_curve,
    invariant_curves_at,
)
from gandyn.stability.curves.curve_records import InvariantCurve
from gandyn.stability.curves.invariant_curves import invariant_curve
from gandyn.stability.cycles.cycles import continue_periodic_orbit
from gandyn.stability.cycles.locking import (
    ModeLocking,
    locking_interval,
    mode_locking,
)
from gandyn.stability.cycles.periodic import PeriodicOrbit, periodic_orbit
from gandyn.stability.cycles.staircase import RotationStaircase, rotation_staircase
from gandyn.stability.equilibria.continuation import continue_equilibria
from gandyn.stability.equilibria.fixed_point_records import (
    Equilibrium,
    FixedPoint,
    FixedPoints,
    Unresolved,
)
from gandyn.stability.equilibria.fixed_points import fixed_points
from gandyn.stability.flows.continuation import continue_limit_cycle
from gandyn.stability.flows.flow_cycles import LimitCycle, limit_cycle
from gandyn.stability.flows.flows import GameFlow, game_eigenvalues
from gandyn.stability.flows.hopf import HopfPoint, hopf_points
from gandyn.stability.flows.modified_flow import ModifiedFlow, modified_flow
from gandyn.stability.flows.timescales import Timescale, critical_timescale
from gandyn.stability.linear.linear_maps import MapBatch, linear_maps
from gandyn.stability.linear.linear_stability import LinearStability, linear_stability
from gandyn.stability.linear.minimise_radius import Optimum, minimise_radius
from gandyn.stability.linear.paths import MultiplierPath, multiplier_path
from gandyn.stability.maps.iterates import Iterate
from gandyn.stability.maps.maps import Flow, Map, RuleMap

if TYPE_CHECKING:
    from gandyn.stability.linear.symbolic_maps import characteristic_polynomial
    from gandyn.stability.linear.symbolic_thresholds import (
        SymbolicThresholds,
        symbolic_thresholds,
    )

_SYMBOLIC = {
    "SymbolicThresholds": "symbolic_thresholds",
    "characteristic_polynomial": "symbolic_maps",
    "symbolic_thresholds": "symbolic_thresholds",
}
"""What needs sympy, whose import takes longer than all the rest."""

__all__ = [
    "Bifurcation",
    "Bifurcations",
    "BoundaryCurve",
    "Branch",
    "Certificate",
    "Equilibrium",
    "FixedPoint",
    "FixedPoints",
    "Flow",
    "Fold",
    "GameFlow",
    "HopfPoint",
    "IntervalCertificate",
    "InvariantCurve",
    "Iterate",
    "Jet",
    "LimitCycle",
    "LinearStability",
    "LyapunovSpectrum",
    "Map",
    "MapBatch",
    "ModeLocking",
    "ModifiedFlow",
    "MultiplierPath",
    "NonSmooth",
    "NormalForm",
    "Optimum",
    "PeriodicOrbit",
    "RotationStaircase",
    "RuleMap",
    "StabilityLimit",
    "SymbolicThresholds",
    "Timescale",
    "Unresolved",
    "basins",
    "bifurcations",
    "boundary",
    "certify",
    "certify_interval",
    "certify_sweep",
    "characteristic_polynomial",
    "continue_equilibria",
    "continue_invariant_curve",
    "continue_limit_cycle",
    "continue_periodic_orbit",
    "critical_learning_rates",
    "critical_timescale",
    "fixed_points",
    "game_eigenvalues",
    "hopf_points",
    "invariant_curve",
    "invariant_curves_at",
    "limit_cycle",
    "linear_maps",
    "linear_stability",
    "locking_interval",
    "lyapunov_spectrum",
    "minimise_radius",
    "mode_locking",
    "modified_flow",
    "multilinear_forms",
    "multiplier_path",
    "normal_form",
    "periodic_orbit",
    "radius_derivative",
    "rotation_staircase",
    "stability_limit",
    "switch_branch",
    "symbolic_thresholds",
]


def __getattr__(name: str) -> Any:
    if name not in _SYMBOLIC:
        raise AttributeError(f"module 'gandyn.stability' has no attribute {name!r}")
    module = importlib.import_module(f"gandyn.stability.linear.{_SYMBOLIC[name]}")
    return getattr(module, name)
