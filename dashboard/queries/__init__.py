"""Filters to frames over DuckDB; no Streamlit here."""
