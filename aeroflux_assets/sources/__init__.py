"""Bytes from upstream: addresses, retries, verification, the download cache and its manifest."""
