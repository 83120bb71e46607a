"""What the web server loads."""

from marketplace.app import create_app

app = create_app()
