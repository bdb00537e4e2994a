"""AeroFlux: point-in-time flight-delay prediction, from upstream files to predictions one can look up."""

import os

# Threads of XGBoost, LightGBM and scikit-learn that wait for one another shall sleep. By default they spin, and where
# anything else runs beside them take several times the seconds, of the processor as of the clock
# (docs/performance.md). OpenMP reads this once, when the first of these libraries is loaded: hence here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
