"""What is known of an asset at one origin, and the arrays that models see of it."""
