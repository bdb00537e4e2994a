"""The nearest reporting station of each airport, and as-of joins at both ends of a flight."""
