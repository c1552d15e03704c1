"""Measurements against the peers; `make bench` prints them as one table."""
