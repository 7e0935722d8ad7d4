"""The page's frame: header, theme, settings and what all tabs share."""
