"""Drivers of real clients, one family in each file. Each downloads a whole maildrop with a given mechanism."""
