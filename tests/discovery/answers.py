"""What tests look at in an answer."""


def sayings(answer):
    """Return every sentence of evidence."""
    return [str(saying) for candidate in answer.candidates for saying in candidate.evidence]


def providers(answer):
    """Return the candidates' families, best first."""
    return [candidate.provider for candidate in answer.candidates]


def codes(answer):
    """Return the slugs of the warnings."""
    return [caution.code for caution in answer.warnings]
