"""How everything looks: colours, type, icons, the marks of the kinds."""
