"""Questions over the published marts: the catalogue, what a text in plain words asks for, and the answer."""
