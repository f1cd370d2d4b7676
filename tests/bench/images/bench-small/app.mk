# An image of 16 KiB for the text window: what load_hit_small loads.
APP_IMAGE_BASE := 0x74000000
