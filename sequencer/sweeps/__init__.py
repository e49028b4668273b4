"""Many runs of one score: plans with axes, rows, sheets to compare runs, and choices.

`plan` and `plan_file` describe what varies, `variation` changes a score by the values of a row,
`rows` compiles each row, `playing` plays rows in workers, `sweep` finds what is missing and has it
played, `choices` keeps what people chose, `sheet` draws all runs on one page, and `export` writes
tables.
"""
