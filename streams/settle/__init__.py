"""Energy and emissions by entity, flow and window, from the readings in force (R6-R10)."""

from streams.settle.settle import Settle, Settled

__all__ = ["Settle", "Settled"]
