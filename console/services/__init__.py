"""Services decide: each function is one use case and one transaction, with plain values in and out."""
