"""The Streamlit desk over the lake."""
