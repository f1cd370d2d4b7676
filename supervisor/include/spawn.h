#pragma once

/*
 * Start init, from the command line's words: @path (NULL: /bin/init), told what to run (NULL: the shell).
 * Its descriptors 0, 1 and 2 are the console. Returns 0, or a negative errno with *@reason saying why in words.
 */
int spawn_init(const char *path, const char *run, const char **reason);
