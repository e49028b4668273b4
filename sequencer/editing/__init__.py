"""What an editor shows about a score while it is being written, and the edits that it offers.

`looking` reads and checks a text; every other module answers one kind of question about the result,
a `Look`: hints, descriptions, names, edits, completion, colours. A language server and a page in
the browser use the same functions. Texts and positions go in, values come out; files are read only
by the function that is passed to `look`.
"""
