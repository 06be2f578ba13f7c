"""What positions taken from the forecasts would have earned after costs: from exported rows alone. No advice."""
