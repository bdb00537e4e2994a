"""AeroFlux: point-in-time flight-delay prediction, from upstream files to predictions one can look up."""
