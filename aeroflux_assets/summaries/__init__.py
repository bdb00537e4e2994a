"""The aggregates that pages read."""
