"""What is known of mail hosts, gateways and forwarders: data with its sources beside it, and how names match it."""
