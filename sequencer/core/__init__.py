"""Types that every other package shares: diagnostics, exceptions, the catalog of codes, exact time, images, fonts."""
