class BenchError(Exception):
    """Something that the bench needs is missing, or did not do what it was asked for."""
