"""The nested feature sets, one row a flight, and the audit that nothing is from after the cutoff."""
