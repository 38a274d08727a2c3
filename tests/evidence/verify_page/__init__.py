"""The verifier as a page: its program under node, and the page itself in a browser."""
