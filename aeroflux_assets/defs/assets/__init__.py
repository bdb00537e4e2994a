"""Asset definitions: about five lines a body."""
