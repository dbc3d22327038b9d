"""`python -m holdpoint_client`, the same as `holdpoint`."""

from holdpoint_client.app import main

main()
