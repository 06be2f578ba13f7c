"""Model cards and their inventory, from the record."""
