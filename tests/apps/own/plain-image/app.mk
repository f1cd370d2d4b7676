# An image for the text window that nothing loads at start-up: what region.c loads.
APP_IMAGE_BASE := 0x76000000
