"""Maps and flows, and their derivatives: by complex steps, Taylor or exact numbers."""
