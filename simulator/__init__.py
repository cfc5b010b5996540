"""The city that never was: a workspace with data for any number of meters, and its true totals."""

from simulator.city import Simulated, simulate
from simulator.rates import CLEAN, Rates

__all__ = ["CLEAN", "Rates", "Simulated", "simulate"]
