"""Upstream bytes to typed frames. Nothing is dropped and nothing is decided here."""
