"""What was known at the cutoff: the upstream legs, and the state of airports and routes."""
