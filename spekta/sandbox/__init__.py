"""Every platform's API on one loopback port, serving one invented box office in each one's own shape."""
