"""What every forecaster returns: a predictive distribution, exact in density, cdf, moments and quantiles."""
