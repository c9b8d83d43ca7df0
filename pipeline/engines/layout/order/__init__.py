"""The order in which a page is read: columns, panels, spreads, vertical script, margins."""
