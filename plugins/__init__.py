"""The plugins that ship with Triptych. Each folder is one plugin and can be deleted whole."""
