"""Maps and flows with a parameter, and their exact derivatives."""
