"""The accounting itself, engine-free: collect, book, settle. Each is a function of its input."""

from streams import compiled_cache

compiled_cache.use()
