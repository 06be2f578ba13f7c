"""The evidence pack: the whole record in one file, with all that proves it."""
