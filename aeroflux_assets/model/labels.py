"""What the classifier is shown as the truth.

ArrDel15 changes at one minute: of two flights 14 and 15 minutes late one counts as late, the other does not, though
nothing that is known beforehand tells them apart. A label that rises over a few minutes around the mark says as much,
and asks the trees less to learn noise (docs/decisions.md, 21). Figures always count ArrDel15 as published.
"""

import numpy as np

from aeroflux_assets.model.data import Floats

# ArrDel15 is 1 from 15 whole minutes on, which puts its mark between 14 and 15. The label rises around a minute later:
# delays thin out, so that more flights lie just below a mark than just above it, and around 14.5 the labels would say
# a point more than the share that was late (docs/decisions.md, 21).
MIDDLE_MIN = 15.5


def classifier_labels(late: Floats, delay: Floats, width_min: float) -> Floats:
    """Label of each flight, 0 to 1: 1 / (1 + exp((15.5 - delay) / width)); `late` itself where the width is 0.

    late: 0 or 1 (ArrDel15). delay: minutes (ArrDelay). Both have one entry a flight.
    """
    if width_min == 0:
        return late
    # Beyond 50 widths the label is 0 or 1 in Float32 anyway, and exp would overflow.
    steps = np.clip((delay.astype(np.float64) - MIDDLE_MIN) / width_min, -50, 50)
    labels: Floats = (1 / (1 + np.exp(-steps))).astype(np.float32)
    return labels
