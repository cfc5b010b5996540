"""The readings in force, per meter and interval, as memory-mapped days (R3, R4)."""

from streams.book.book import Book, Counts

__all__ = ["Book", "Counts"]
