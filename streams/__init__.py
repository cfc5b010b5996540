"""The accounting itself, engine-free: collect, book, settle. Each is a function of its input."""
