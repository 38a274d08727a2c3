"""Webhooks, for programs that subscribe themselves; who owns the token has to be an administrator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from qingyuan.web.api.asking import Name
from qingyuan.web.api.shapes import HookDropped, HookList, HookMade, answers, written
from qingyuan.web.desk import Desk
from qingyuan.web.errors import not_found


class HookWanted(BaseModel):
    """A subscription that is asked for.

    Attributes:
        url: Where messages are sent, https.
        types: Patterns of event types, ``"*"`` for all.
    """

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    types: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]], Field(min_length=1, max_length=50)
    ]


def hooks(router: APIRouter, desk: Desk) -> None:
    """Add the routes of webhooks."""

    @router.get("", response_model=None, responses=answers(HookList))
    def list_hooks() -> Response:
        """List the subscriptions."""
        return written(HookList(tuple(desk.hooks.all())))

    @router.post("", response_model=None, responses=answers(HookMade))
    def add_hook(wanted: HookWanted) -> Response:
        """Subscribe a system from the next event on; the answer holds the secret, this once."""
        return written(HookMade(*desk.hooks.add(wanted.url, wanted.types)))

    @router.delete("/{identifier}", response_model=None, responses=answers(HookDropped))
    def drop_hook(identifier: Name) -> Response:
        """End a subscription, and forget its messages."""
        if identifier not in {one.id for one in desk.hooks.all()}:
            raise not_found(identifier)
        desk.hooks.drop(identifier)
        return written(HookDropped(identifier))
