"""The keys of an office: where they lie, who follows whom, roots, rotation, destruction."""
