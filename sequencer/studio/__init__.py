"""Serve the studio: one page that edits, rehearses, performs and reports a score.

Modules:
    protocol: the messages between the page and the server.
"""
