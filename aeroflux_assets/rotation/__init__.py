"""Chains of legs flown by one tail: continuity, scheduled turnaround, leg numbers."""
