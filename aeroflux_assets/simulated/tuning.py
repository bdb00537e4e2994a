"""The fitted numbers of the simulated airspace: aggregates only, see benchmarks/calibrate_simulated.py."""

# Departure by habit: minutes against the schedule of a flight that nothing delays.
HABIT = -3.4
HABIT_EARLY = 3.6
HABIT_LATE = 2.4
# Own trouble at the gate: small (exponential) and large (lognormal), shares of flights and minutes.
MINOR_SHARE = 0.21
MINOR = 11.0
MAJOR_SHARE = 0.042
MAJOR = 42.0
MAJOR_SPREAD = 0.85
NATION_DAY_SPREAD = 0.50
CARRIER_DAY_SPREAD = 0.45
AIRPORT_DAY_SPREAD = 0.35
AIRCRAFT_DAY_SPREAD = 0.55
# Queues: scheduled load at the busiest hour against capacity, for the smallest airport and what the largest
# has on top, and how much an airport's capacity differs from day to day, weather aside.
BUSY = 0.76
BUSY_HUB = 0.235
STAFF_SPREAD = 0.06
STAFF_SPREAD_NATION = 0.05
# How a minute of queue shows: at the gate for the destination's queue and the origin's, in taxi, in the air.
HOLD_IN = 0.70
HOLD_OUT = 0.35
TAXI_WAIT = 0.45
AIR_WAIT = 0.32
SLOW_TAXI = 0.17
AIR_NOISE = 3.6
AIR_NOISE_LONG = 0.034
# Late flights are flown faster: share of the delay made up, and at most this share of the time in the air.
RECOVERY = 0.06
RECOVERY_MOST = 0.03
# Cancellations: without weather, by queue in minutes, by weather, and of legs whose loss strands an aircraft.
CANCEL_BASE = 0.0155
CANCEL_WAIT = 90.0
CANCEL_HEAVY = 0.5
CANCEL_SKY = 0.5
CANCEL_STRANDING = 0.10
CANCEL_SHOCK = 0.22
GIVE_UP = 140.0
DIVERT = 0.0018
# Connections across tails: shares of departures that wait for a crew, and for passengers up to a limit.
CREW_LINK = 0.08
PASSENGER_LINK = 0.22
PASSENGER_PATIENCE = 12
# Aircraft swaps: share of round trips that another tail takes over, and of legs recorded under a wrong tail.
SWAP = 0.011
STRAY_TAIL = 0.0012
