"""Pigeons that move to owl post: what the tests of moving start from."""

from console.services import consents, drafts, moving, verification
from console.services.context import Actor, Context
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services import owls


def families() -> tuple[PigeonFamily, OwlFamily]:
    """Return both families, of which owls are what pigeons move to."""
    pigeons, owl = PigeonFamily(), OwlFamily()
    pigeons.successor = owl.slug
    return pigeons, owl


def begin(ctx: Context, actor: Actor, inbox_id: int) -> str:
    """Begin to move an inbox and accept what to expect; return the draft's id."""
    draft_id = moving.start(ctx, actor, inbox_id)
    drafts.accept_disclosure(ctx, actor, draft_id)
    return draft_id


def move(ctx: Context, actor: Actor, inbox_id: int, code: str | None = None) -> str:
    """Go the whole way, with this thread as the worker; return the draft's id."""
    return owls.sign_in(ctx, actor, begin(ctx, actor, inbox_id), code)


def other_account(ctx: Context, actor: Actor, owl: OwlFamily, inbox_id: int, signs_in: str) -> str:
    """Try to move an inbox while another account signs in; return the draft's id."""
    draft_id = begin(ctx, actor, inbox_id)
    question = owls.asked(ctx, actor, draft_id)
    owl.challenges[signs_in] = owl.challenges[question["hint"]]
    owls.back(ctx, actor, question, code=owls.code_of(signs_in))
    verification.run(ctx, draft_id)
    return draft_id


def declined(ctx: Context, actor: Actor, inbox_id: int) -> str:
    """Try to move an inbox and press Cancel at the tower; return the draft's id."""
    draft_id = begin(ctx, actor, inbox_id)
    answer = {"state": owls.asked(ctx, actor, draft_id)["state"], "error": "access_denied"}
    return consents.come_back(ctx, actor, "owl", answer, owls.BROWSER)
