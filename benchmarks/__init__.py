"""What everygram reaches on this machine, each figure from a run whose result was checked first."""
