"""OSC in and out of a live run: packets, the table of addresses, what comes in, the feedback."""
