from gandyn.stability.arithmetic.jets import Jet as Jet
from gandyn.stability.arithmetic.jets import multilinear_forms as multilinear_forms
from gandyn.stability.arithmetic.ring import NonSmooth as NonSmooth
from gandyn.stability.attractors.basins import basins as basins
from gandyn.stability.attractors.lyapunov import LyapunovSpectrum as LyapunovSpectrum
from gandyn.stability.attractors.lyapunov import lyapunov_spectrum as lyapunov_spectrum
from gandyn.stability.boundaries.boundaries import BoundaryCurve as BoundaryCurve
from gandyn.stability.boundaries.boundaries import boundary as boundary
from gandyn.stability.boundaries.saved_curves import saved_boundary as saved_boundary
from gandyn.stability.boundaries.saved_curves import with_boundary as with_boundary
from gandyn.stability.certificates.cells import certify_sweep as certify_sweep
from gandyn.stability.certificates.certificates import Certificate as Certificate
from gandyn.stability.certificates.certificates import certify as certify
from gandyn.stability.certificates.intervals import (
    IntervalCertificate as IntervalCertificate,
)
from gandyn.stability.certificates.intervals import certify_interval as certify_interval
from gandyn.stability.continuation.branch import Branch as Branch
from gandyn.stability.continuation.branch import Fold as Fold
from gandyn.stability.crossings.normal_forms import NormalForm as NormalForm
from gandyn.stability.crossings.normal_forms import normal_form as normal_form
from gandyn.stability.crossings.records import Bifurcation as Bifurcation
from gandyn.stability.crossings.records import Bifurcations as Bifurcations
from gandyn.stability.crossings.stability_limit import StabilityLimit as StabilityLimit
from gandyn.stability.crossings.stability_limit import (
    radius_derivative as radius_derivative,
)
from gandyn.stability.crossings.stability_limit import (
    stability_limit as stability_limit,
)
from gandyn.stability.crossings.switching import switch_branch as switch_branch
from gandyn.stability.crossings.thresholds import bifurcations as bifurcations
from gandyn.stability.crossings.thresholds import (
    critical_learning_rates as critical_learning_rates,
)
from gandyn.stability.curves.continuation import (
    continue_invariant_curve as continue_invariant_curve,
)
from gandyn.stability.curves.continuation import (
    invariant_curves_at as invariant_curves_at,
)
from gandyn.stability.curves.curve_records import InvariantCurve as InvariantCurve
from gandyn.stability.curves.invariant_curves import invariant_curve as invariant_curve
from gandyn.stability.cycles.cycles import (
    continue_periodic_orbit as continue_periodic_orbit,
)
from gandyn.stability.cycles.locking import ModeLocking as ModeLocking
from gandyn.stability.cycles.locking import locking_interval as locking_interval
from gandyn.stability.cycles.locking import mode_locking as mode_locking
from gandyn.stability.cycles.periodic import PeriodicOrbit as PeriodicOrbit
from gandyn.stability.cycles.periodic import periodic_orbit as periodic_orbit
from gandyn.stability.cycles.staircase import RotationStaircase as RotationStaircase
from gandyn.stability.cycles.staircase import rotation_staircase as rotation_staircase
from gandyn.stability.equilibria.continuation import (
    continue_equilibria as continue_equilibria,
)
from gandyn.stability.equilibria.fixed_point_records import Equilibrium as Equilibrium
from gandyn.stability.equilibria.fixed_point_records import FixedPoint as FixedPoint
from gandyn.stability.equilibria.fixed_point_records import FixedPoints as FixedPoints
from gandyn.stability.equilibria.fixed_point_records import Unresolved as Unresolved
from gandyn.stability.equilibria.fixed_points import fixed_points as fixed_points
from gandyn.stability.flows.continuation import (
    continue_limit_cycle as continue_limit_cycle,
)
from gandyn.stability.flows.flow_cycles import LimitCycle as LimitCycle
from gandyn.stability.flows.flow_cycles import limit_cycle as limit_cycle
from gandyn.stability.flows.flows import GameFlow as GameFlow
from gandyn.stability.flows.flows import game_eigenvalues as game_eigenvalues
from gandyn.stability.flows.hopf import HopfPoint as HopfPoint
from gandyn.stability.flows.hopf import hopf_points as hopf_points
from gandyn.stability.flows.modified_flow import ModifiedFlow as ModifiedFlow
from gandyn.stability.flows.modified_flow import modified_flow as modified_flow
from gandyn.stability.flows.timescales import Timescale as Timescale
from gandyn.stability.flows.timescales import critical_timescale as critical_timescale
from gandyn.stability.linear.linear_maps import MapBatch as MapBatch
from gandyn.stability.linear.linear_maps import linear_maps as linear_maps
from gandyn.stability.linear.linear_stability import LinearStability as LinearStability
from gandyn.stability.linear.linear_stability import (
    linear_stability as linear_stability,
)
from gandyn.stability.linear.minimise_radius import Optimum as Optimum
from gandyn.stability.linear.minimise_radius import minimise_radius as minimise_radius
from gandyn.stability.linear.paths import MultiplierPath as MultiplierPath
from gandyn.stability.linear.paths import multiplier_path as multiplier_path
from gandyn.stability.linear.symbolic_maps import (
    characteristic_polynomial as characteristic_polynomial,
)
from gandyn.stability.linear.symbolic_thresholds import (
    SymbolicThresholds as SymbolicThresholds,
)
from gandyn.stability.linear.symbolic_thresholds import (
    symbolic_thresholds as symbolic_thresholds,
)
from gandyn.stability.maps.iterates import Iterate as Iterate
from gandyn.stability.maps.maps import Flow as Flow
from gandyn.stability.maps.maps import Map as Map
from gandyn.stability.maps.maps import RuleMap as RuleMap
