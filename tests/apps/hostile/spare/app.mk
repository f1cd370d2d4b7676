# An image for the text window that no program loads at its start.
APP_IMAGE_BASE := 0x75000000
