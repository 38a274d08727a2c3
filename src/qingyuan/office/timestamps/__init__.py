"""Trusted timestamps: which authorities are asked, asking them, and looking at the answers again."""
