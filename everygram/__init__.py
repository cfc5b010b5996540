"""The command line: `everygram`, or `python -m everygram`."""
