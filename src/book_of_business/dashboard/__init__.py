"""The page that a leader opens on Monday, and the monthly pack: HTML files written from the published marts."""
