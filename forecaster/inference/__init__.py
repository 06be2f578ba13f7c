"""From a Pyro model and data to draws of its posterior, and a verdict on how that went."""
