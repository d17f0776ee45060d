"""What Spekta costs. Run with `make bench`; README.md says what is measured, and how to read it."""
