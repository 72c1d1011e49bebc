"""What `write_starter` copies: for each track a `predict.py` that keeps the contract by a simple rule."""
