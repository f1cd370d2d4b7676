/*
 * Descriptors 0 to 9 are the scripts'; a copy of what one was before is kept above them, close-on-exec.
 *
 *     struct redirect saved = { 0 };
 *
 *     if (redirect_make(&saved, script, node->redirections)) {
 *         ... start something ...
 *     }
 *     redirect_undo(&saved);
 */
#include "redirect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expand.h"
#include "pipeline.h"
#include "shell.h"

#ifndef PIPE_BUF
#define PIPE_BUF 512
#endif

int redirect_raise(int fd)
{
    int raised = fcntl(fd, F_DUPFD_CLOEXEC, REDIRECT_COUNT);
    int error = errno;

    close(fd);
    errno = error;
    return raised;
}

bool redirect_pipe(int ends[2])
{
    int low[2];

    if (pipe2(low, O_CLOEXEC) != 0) {
        shell_complain("pipe: %s", strerror(errno));
        return false;
    }
    ends[0] = redirect_raise(low[0]);
    ends[1] = redirect_raise(low[1]);
    if (ends[0] < 0 || ends[1] < 0) {
        shell_complain("pipe: %s", strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    return true;
}

/* Keep what @fd is, the first time that it is changed. */
static bool save(struct redirect *saved, int fd)
{
    if (saved->copies[fd] != 0) {
        return true;
    }
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, REDIRECT_COUNT);

    if (copy < 0 && errno != EBADF) {
        shell_complain("%d: %s", fd, strerror(errno));
        return false;
    }
    saved->copies[fd] = copy;
    return true;
}

bool redirect_set(struct redirect *saved, int fd, int source)
{
    if (!save(saved, fd)) {
        return false;
    }
    if (source < 0) {
        close(fd);
        return true;
    }
    /* To itself dup2() would leave it close-on-exec. */
    if (source == fd ? fcntl(fd, F_SETFD, 0) == 0 : dup2(source, fd) == fd) {
        return true;
    }
    shell_complain("%d: %s", source, strerror(errno));
    return false;
}

void redirect_undo(struct redirect *saved)
{
    for (int fd = 0; fd < REDIRECT_COUNT; fd++) {
        if (saved->copies[fd] < 0) {
            close(fd);
        } else if (saved->copies[fd] > 0) {
            dup2(saved->copies[fd], fd);
            close(saved->copies[fd]);
        }
    }
    *saved = (struct redirect){ 0 };
}

void redirect_keep(struct redirect *saved)
{
    for (int fd = 0; fd < REDIRECT_COUNT; fd++) {
        if (saved->copies[fd] > 0) {
            close(saved->copies[fd]);
        }
    }
    *saved = (struct redirect){ 0 };
}

static bool open_file(struct redirect *saved, const struct redirection *redirection, const char *path)
{
    static const int flags[] = {
        [REDIRECT_READ] = O_RDONLY,
        [REDIRECT_WRITE] = O_WRONLY | O_CREAT | O_TRUNC,
        [REDIRECT_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
        [REDIRECT_READ_WRITE] = O_RDWR | O_CREAT,
    };
    /* Before the file is opened, which may get the descriptor that is to be saved. */
    if (!save(saved, redirection->fd)) {
        return false;
    }
    int fd = open(path, flags[redirection->kind] | O_CLOEXEC, 0666);

    if (fd < 0) {
        shell_complain("%s: %s", path, strerror(errno));
        return false;
    }
    bool is_set = redirect_set(saved, redirection->fd, fd);

    if (fd != redirection->fd) {
        close(fd);
    }
    return is_set;
}

static bool duplicate(struct redirect *saved, const struct redirection *redirection, const char *word)
{
    if (strcmp(word, "-") == 0) {
        return redirect_set(saved, redirection->fd, -1);
    }
    if (word[0] < '0' || word[0] > '9' || word[1] != '\0') {
        shell_complain("%s: not a descriptor", word);
        return false;
    }
    return redirect_set(saved, redirection->fd, word[0] - '0');
}

/* A pipe with the document in it. One that doesn't fit has somebody to write it. */
static bool give_document(struct redirect *saved, struct script *script, const struct redirection *redirection)
{
    char *body = expand_document(script, redirection);
    int ends[2];

    if (body == NULL || !redirect_pipe(ends)) {
        free(body);
        return false;
    }
    size_t length = strlen(body);
    bool is_given =
        length <= PIPE_BUF ? write(ends[1], body, length) == (ssize_t)length : pipeline_start_writer(body, ends[1]);

    close(ends[1]);
    is_given = redirect_set(saved, redirection->fd, ends[0]) && is_given;
    close(ends[0]);
    free(body);
    return is_given;
}

bool redirect_make(struct redirect *saved, struct script *script, const struct redirection *list)
{
    for (const struct redirection *redirection = list; redirection != NULL; redirection = redirection->next) {
        bool is_document = redirection->kind == REDIRECT_DOCUMENT || redirection->kind == REDIRECT_DOCUMENT_TABS;
        char *word = is_document ? NULL : expand_string(script, redirection->word);
        bool is_made = is_document ? give_document(saved, script, redirection) : word != NULL;

        if (is_made && redirection->kind == REDIRECT_DUPLICATE) {
            is_made = duplicate(saved, redirection, word);
        } else if (is_made && !is_document) {
            is_made = open_file(saved, redirection, word);
        }
        free(word);
        if (!is_made) {
            shell.status = shell.control == CONTROL_NONE ? 1 : shell.status;
            return false;
        }
    }
    return true;
}
