"""The portal: what everybody may use without an account."""
