"""AeroFlux: point-in-time flight-delay prediction, from upstream files to predictions one can look up."""

import os

# Threads of XGBoost, LightGBM and scikit-learn that wait for one another shall spin but briefly, then sleep. GNU's
# OpenMP lets them spin thirty times as long, and where anything else runs beside them they take several times the
# seconds, of the processor as of the clock; not to spin at all costs a tenth where nothing does
# (docs/performance.md). It reads this once, when the first of these libraries is loaded: hence here.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
