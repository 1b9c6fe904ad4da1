"""One file a web service: how its answers become albums. A new service is one more file here."""
