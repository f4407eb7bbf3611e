"""Stability computed, not watched: thresholds, bifurcations and their normal forms."""

from __future__ import annotations

from gandyn.stability.boundaries import BoundaryCurve, boundary
from gandyn.stability.cells import certify_sweep
from gandyn.stability.certificates import Certificate, certify, certify_map
from gandyn.stability.hopf import HopfPoint, hopf_points
from gandyn.stability.intervals import IntervalCertificate, certify_interval
from gandyn.stability.jets import Jet, NonSmooth, multilinear_forms
from gandyn.stability.maps import Flow, Map, RuleMap
from gandyn.stability.normal_forms import NormalForm, normal_form, rule_normal_form
from gandyn.stability.records import Bifurcation
from gandyn.stability.thresholds import bifurcations, critical_learning_rates

__all__ = [
    "Bifurcation",
    "BoundaryCurve",
    "Certificate",
    "Flow",
    "HopfPoint",
    "IntervalCertificate",
    "Jet",
    "Map",
    "NonSmooth",
    "NormalForm",
    "RuleMap",
    "bifurcations",
    "boundary",
    "certify",
    "certify_interval",
    "certify_map",
    "certify_sweep",
    "critical_learning_rates",
    "hopf_points",
    "multilinear_forms",
    "normal_form",
    "rule_normal_form",
]
