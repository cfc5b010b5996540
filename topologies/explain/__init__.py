"""Where a figure comes from: meters, readings in force, contributions and factors, added up again."""

from topologies.explain.explain import Explainer, ExplainError
from topologies.explain.record import Explanation

__all__ = ["ExplainError", "Explainer", "Explanation"]
