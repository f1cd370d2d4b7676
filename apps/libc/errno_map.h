#pragma once

/*
 * picolibc's number for the error that Linux, and so the supervisor, numbers @number.
 * Returns EIO for a number that abi_errno.h does not list.
 */
int errno_map_from_abi(int number);
