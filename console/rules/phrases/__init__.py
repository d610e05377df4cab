"""What servers and libraries say, as data: tables of rules that `diagnose` tries in order.

Every pattern reads the canonical line of an answer (`replies.Reply.line`). Rules stand narrow before broad and match on
a code or a key phrase, never on a whole sentence: wordings differ from version to version. Only bounded repetition is
used, so that no text can make a pattern slow.
"""
