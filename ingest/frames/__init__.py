"""A user's own table in memory, a frame or a series, read as a file of the same rows would be."""
