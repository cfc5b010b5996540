"""The streams wired to a runtime: files in, tables out."""
