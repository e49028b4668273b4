"""The Python API behind `import sequencer`: functions that take plain values and parse text.

`rehearsing` and `performing` run scores; `reporting` makes timelines, cue sheets, comparisons, and
scores of runs; `display` shows values in notebooks. They share `sources` (what a path, a score, a
schedule or a run stands for), `options` (values of options, and their names in messages),
`resume_options`, `files`, `output_formats`, and `scripted_events`, which parses the events of a run
that are given as text (`--event` of the commands). The command line uses the same functions.
"""
