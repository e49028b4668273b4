"""A store of runs, each in a folder named by what determines its result, and executors.

`keys` computes the name of a run, `files` and `object_files` write to a folder or to an object
store, `store` keeps runs, claims and documents, `index` finds runs quickly, and `executors`,
`local_pool` and `dask_cluster` divide work over processes.
"""
