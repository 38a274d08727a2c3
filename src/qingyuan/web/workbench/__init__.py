"""The workbench of the people of the office: every module here enters its pages in the table when it is imported."""

import pkgutil
from importlib import import_module

#: The modules of pages, in the order of their names.
__all__ = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))

for _name in __all__:
    import_module(f"{__name__}.{_name}")
