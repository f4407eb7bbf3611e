"""Stability computed, not watched: thresholds, bifurcations and their normal forms."""

from __future__ import annotations

from gandyn.stability.jets import Jet, NonSmooth, multilinear_forms
from gandyn.stability.maps import Flow, Map, RuleMap
from gandyn.stability.normal_forms import NormalForm, normal_form, rule_normal_form
from gandyn.stability.records import Bifurcation
from gandyn.stability.thresholds import bifurcations, critical_learning_rates

__all__ = [
    "Bifurcation",
    "Flow",
    "Jet",
    "Map",
    "NonSmooth",
    "NormalForm",
    "RuleMap",
    "bifurcations",
    "critical_learning_rates",
    "multilinear_forms",
    "normal_form",
    "rule_normal_form",
]
