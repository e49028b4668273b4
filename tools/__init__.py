"""What the tests and the developers' programs use, and the package does not contain."""
