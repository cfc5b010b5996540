"""Records that cross a boundary, and the workspace's files: what they hold and when they are valid."""
