"""The workbench of the people of the office: every module here enters its pages in the table when it is imported."""

import pkgutil
from importlib import import_module

for _module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
    import_module(f"{__name__}.{_module.name}")
