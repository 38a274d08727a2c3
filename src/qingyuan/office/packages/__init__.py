"""Making a package: everything that goes into it, its pages for people, encryption, the verifiers to hand over."""
