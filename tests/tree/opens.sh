#!/bin/sh
# The library opens files in lib/io/fd.c alone, which keeps them off standard
# input, output and error; and starts no descriptor of another kind.
set -eu
! grep -nE '(^|[^>_[:alnum:]])(open|openat|openat2|creat|fopen|freopen|opendir|mkstemp|mkostemp|tmpfile|popen|pipe|pipe2|socket|socketpair|accept4?|dup|dup2|dup3|memfd_create|shm_open|eventfd|signalfd|timerfd_create|epoll_create1?|inotify_init1?)\(' \
	$(find format lib -name '*.[ch]' ! -path lib/io/fd.c ! -path 'lib/bindings/*') | grep -vE '^[^:]*:[0-9]+:[[:space:]]*/?\*'
