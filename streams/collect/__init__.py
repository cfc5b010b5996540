"""collect: frames of any form become readings as columns, and rejects that say why (4.2, 4.3)."""

from streams.collect.collector import Collector
from streams.collect.forms import form_of
from streams.collect.rules import SourceRules

__all__ = ["Collector", "SourceRules", "form_of"]
