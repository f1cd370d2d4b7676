#pragma once

/* The files of /dev, and the folder /dev/shm: mount them there, when the initrd has a /dev. Called once, after root_files_mount(). */
void device_files_mount(void);
