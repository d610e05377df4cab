"""What pages share: panels, the guard, security headers, wording and times."""
