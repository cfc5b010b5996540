"""Factors, flows and units: a dated, sourced library as data, and the catalogue that reads it (R2, R7, R8)."""
