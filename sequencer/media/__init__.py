"""Sound files: decoded piece by piece, measured, and summarised for drawing."""
