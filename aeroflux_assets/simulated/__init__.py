"""A simulated airspace, written out as the files the upstream hosts would publish.

It imports nothing of the rest of aeroflux_assets: it stands for the world outside, so that the ordinary
ingestion code is what reads it. See docs/simulated-airspace.md, and `write.write_upstream`.
"""
