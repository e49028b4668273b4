"""The tests. A regular package, because installed libraries may bring a package of the same name."""
