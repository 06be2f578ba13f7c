"""What is known about the market, and since when."""
