"""Types that all packages share: diagnostics, exceptions, codes, exact time, images, fonts."""
