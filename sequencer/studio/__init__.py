"""Serve the studio: one page that edits, rehearses, performs and reports a score.

Modules:
    protocol: the messages between the page and the server.
    workspace: the open score: its text, the pages' edits, its file, its checks.
    text_buffer: a text with positions in UTF-16 code units, and edits of it.
    score_file: the file of the score: reading, saving, changes on the disk.
    check_process, check_messages, check_worker: the process that checks the text.
    checked_text, asking, prompts: what it finds, and what it answers, as messages for the page.
"""
