/* Memory that runs out, and a file system of one folder; see apps_system.h. */
#include "apps_system.h"

#include <dirent.h>
#include <stdlib.h>

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *string);
char *__wrap_strndup(const char *string, size_t size);
DIR *__wrap_opendir(const char *path);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *string);
char *__real_strndup(const char *string, size_t size);
DIR *__real_opendir(const char *path);

static bool is_armed, has_failed;
static size_t left;
static const char *only_folder;

void system_fail_after(size_t count)
{
    is_armed = true;
    has_failed = false;
    left = count;
}

bool system_has_failed(void)
{
    is_armed = false;
    return has_failed;
}

void system_open_only(const char *folder)
{
    only_folder = folder;
}

static bool fails(void)
{
    if (!is_armed || left-- > 0) {
        return false;
    }
    is_armed = false;
    has_failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(memory, count, size);
}

char *__wrap_strdup(const char *string)
{
    return fails() ? NULL : __real_strdup(string);
}

char *__wrap_strndup(const char *string, size_t size)
{
    return fails() ? NULL : __real_strndup(string, size);
}

DIR *__wrap_opendir(const char *path)
{
    return __real_opendir(only_folder != NULL ? only_folder : path);
}
