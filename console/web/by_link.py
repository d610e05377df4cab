"""A problem as the person of a link reads it: in the second person, with nothing that a link does not let them do.

The catalogue speaks to staff about the owner; a private window, say, would be another browser here.
"""

from dataclasses import replace

from console.rules.problems import Button, Who
from console.rules.texts import N_
from console.services.draft import DraftView
from console.web.texts import say
from console.web.wording import ProblemView

_SIGN_IN = N_("Sign in at your provider once more.")

STEPS = {
    "bad-credentials": N_(
        "Type the password that you use for this mailbox now. If you sign in with two steps, make an app password at "
        "your provider and type that one."
    ),
    "app-password-required": N_("Make an app password on your provider's security page, and type it here."),
    "web-login-required": N_("Sign in to your web mail with a browser and answer what it asks. Then try again here."),
    "account-locked": N_(
        "Correct the phones and programs that still use an old password. Wait a while, or ask your IT to unlock the "
        "account. Then try again here."
    ),
    "password-expired": N_("Change the password where you usually do, and type the new one here."),
    "mfa-required": N_("Try again, and confirm your second factor when you are asked."),
    "imap-disabled": N_("Switch on IMAP in the settings of your web mail, or ask your IT. Then try again here."),
    "mailbox-full": N_("Delete or archive some mail, or ask your IT for more room."),
    "oauth-grant-expired": _SIGN_IN,
    "oauth-grant-revoked": _SIGN_IN,
    "oauth-app-changed": _SIGN_IN,
    "oauth-renewal-lost": _SIGN_IN,
    "oauth-interaction-required": _SIGN_IN,
    "oauth-user-declined": N_("Continue once more, and allow access on your provider's page."),
    "oauth-scope-missing": N_(
        "Continue once more, and leave every box ticked. If one cannot be ticked, your IT has to allow it."
    ),
    "oauth-wrong-account": N_("Sign out at your provider. Then continue once more, and choose %(address)s there."),
    "oauth-advanced-protection": N_("Accounts in this programme cannot be connected. Tell whoever sent you the link."),
    "servers-changed": N_("Type the password once more, for the new servers."),
    "interrupted": N_("Press the button once more."),
}
_FOR_THE_SENDER = N_("Tell whoever sent you the link. They can see what happened here, and the link works on.")
_NOTHING = N_("There is nothing for you to do. Tell whoever sent you the link; it works on.")


def told_by_link(found: ProblemView | None, draft: DraftView, address: str) -> ProblemView | None:
    """Return a problem as the person of a link reads it; as it is, where nobody came by one."""
    if found is None or not draft.linked:
        return found
    if found.who in {Who.US.value, Who.TEAM_ADMIN.value}:
        return replace(found, step=say(_NOTHING), steps=())
    if found.who != Who.USER.value:
        return replace(found, steps=())
    fixed = draft.reconnects and draft.moves_from is None
    if found.code not in STEPS and fixed and found.button != Button.TRUST.value:
        # Servers, names and the provider stay as they are, so what would mend it is not in their hands.
        return replace(found, who_label=say(N_("Whoever sent you the link")), step=say(_FOR_THE_SENDER), steps=())
    step = say(STEPS[found.code], address=address) if found.code in STEPS else found.step
    return replace(found, who_label=say(N_("You")), step=step, steps=())
