// What the first process of a container owes it: signals passed on, and every process that ends there reaped.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT};
enum { PASSED_ON = sizeof passed_on / sizeof passed_on[0] };

static volatile pid_t child;

static void pass_on(int number) {
  int saved = errno;
  if (child > 0) kill(child, number);
  errno = saved;
}

int32_t lh_run_as_child(const char *program, char *const *arguments, int32_t *error) {
  sigset_t all, before;
  sigfillset(&all);
  // A signal that comes before the child has a number waits until it has one.
  sigprocmask(SIG_BLOCK, &all, &before);
  for (int i = 0; i < PASSED_ON; i++) {
    struct sigaction action = {.sa_handler = pass_on};
    sigfillset(&action.sa_mask);
    sigaction(passed_on[i], &action, NULL);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &before);
  pid_t started;
  *error = posix_spawn(&started, program, NULL, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  if (*error == 0) child = started;
  sigprocmask(SIG_SETMASK, &before, NULL);
  if (*error != 0) return -1;
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended != started) {
      if (ended < 0 && errno != EINTR) return 1;  // Never: the child is still to be waited for.
      continue;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
}
