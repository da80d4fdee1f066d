def render_page(*a): pass
