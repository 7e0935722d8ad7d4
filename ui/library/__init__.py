"""The Library tab: papers listed, chosen, added and opened."""
