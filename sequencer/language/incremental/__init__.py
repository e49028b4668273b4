"""Check a text again after a change: what did not change is neither read nor compiled again.

``lines``     positions that stay the same where lines are inserted above them ``reading``   what a
notation's reader returns: a score with such positions, and where its pieces are now
"""
