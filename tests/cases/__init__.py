"""The cases themselves, one module for each dialect; tests/make_cases.py writes them to files."""
