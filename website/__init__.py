"""How the documentation site is built.

`make docs` runs MkDocs with these hooks over the pages of `docs/`.
"""
