"""Make numbers: a pure core that turns seeds into outcomes, and a shell around it that serves them."""
