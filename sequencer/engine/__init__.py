"""The pure conductor, the journal of a run, replay and bundles."""
