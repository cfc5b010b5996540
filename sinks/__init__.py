"""What outlives the process: the journal of what came, and the tables of what it adds up to."""
