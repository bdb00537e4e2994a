"""UTC clocks, quarantine, duplicates, decoded observations, airports and their time zones."""
