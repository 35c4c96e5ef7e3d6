"""Real clients, one family a file: each downloads a whole maildrop with the mechanism it is told to use."""
