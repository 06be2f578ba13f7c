"""The tables of the record held against each other, and against the market's data."""
