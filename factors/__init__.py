"""Factors, flows and units: a dated, sourced library and its catalogue (R2, R7, R8)."""
