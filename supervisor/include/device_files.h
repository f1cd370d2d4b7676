#pragma once

/* The files of /dev: mount them there, when the initrd has such a folder. Called once, after root_files_mount(). */
void device_files_mount(void);
