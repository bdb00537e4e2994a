"""Frames to figures; no Streamlit here."""
