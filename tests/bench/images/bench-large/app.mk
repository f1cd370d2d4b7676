# An image of 16 MiB for the text window: what load_hit_large loads.
APP_IMAGE_BASE := 0x75000000
