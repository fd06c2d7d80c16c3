#!/bin/sh
# Writers change files through the table of file operations alone: what strace
# sees of every operation is the log of the table, call by call.
. tests/cli/lib.sh.inc

command -v strace >/dev/null || skip "strace is not installed"
strace -o "$tmp/trace" true 2>"$tmp/err" ||
	skip "strace cannot trace here: $(tail -1 "$tmp/err")"
calls=$bin/../tests/test_calls
[ -x "$calls" ] || skip "test_calls is not built"

# Every system call that can change a file, or a folder. ?: where there is one.
traced=access
for call in open openat openat2 creat write writev pwrite64 pwritev pwritev2 \
    ftruncate truncate fallocate rename renameat renameat2 link linkat symlink \
    symlinkat unlink unlinkat rmdir mkdir mkdirat mknod mknodat fsync fdatasync \
    sync syncfs sync_file_range msync chmod fchmod fchmodat chown fchown lchown \
    fchownat utime utimes utimensat futimesat setxattr fsetxattr lsetxattr \
    copy_file_range sendfile splice vmsplice flock mmap io_setup io_submit \
    io_uring_setup io_uring_enter; do
	traced=$traced,?$call
done

# LeakSanitizer cannot run under a tracer.
ASAN_OPTIONS=detect_leaks=0 strace -f -s 0 -e "trace=$traced" -e signal=none \
	-o "$tmp/trace" "$calls" due >"$tmp/out" 2>&1 || {
	fail "test_calls"
	cat "$tmp/out"
}
cat "$tmp/out"

# In the words of the log. What is not known here stays, and differs.
sed -n '/access("\/begin /,/access("\/end"/ {
	s/^[0-9]* *//
	/^access("\/end"/d
	s/^access("\/begin \([^"]*\)".*/\1:/
	/^access(/d
	/^mmap(/ {
		/MAP_SHARED/!d
		/PROT_WRITE/!d
		s/^mmap([^,]*, \([0-9]*\),.*/mmap \1/
	}
	s/^open(/openat(AT_FDCWD, /
	/^openat(/ {
		/O_CREAT\|O_TRUNC\|O_TMPFILE\|O_RDWR\|O_WRONLY/!d
		/O_CREAT/ s/^openat([^,]*, \("[^"]*"\).*O_EXCL.*/create \1/
		/O_TMPFILE/ s/^openat([^,]*, \("[^"]*"\).*/scratch \1/
		s/^openat([^,]*, \("[^"]*"\), O_RDWR|O_CREAT|[A-Z_|]*O_CLOEXEC.*/open or create \1/
		/O_CREAT\|O_TRUNC/! s/^openat([^,]*, \("[^"]*"\).*/open \1/
	}
	s/^pwrite64([^,]*, [^,]*, \([0-9]*\), \([0-9]*\)) .*/pwrite64 \1 at \2/
	s/^fallocate([^,]*, FALLOC_FL_KEEP_SIZE, 0, \([0-9]*\)) .*/fallocate \1/
	s/^ftruncate([^,]*, \([0-9]*\)) .*/ftruncate \1/
	s/^fsync(.*/fsync/
	s/^fchmod([^,]*, 0*\([0-7]*\)) .*/fchmod \1/
	s/^fchown([^,]*, \([-0-9]*\), \([-0-9]*\)) .*/fchown \1 \2/
	s/^fsetxattr([^,]*, "system.posix_acl_access", .*, \([0-9]*\), 0) .*/fsetxattr \1/
	s/^flock([^,]*, LOCK_EX|LOCK_NB) .*/flock/
	s/^flock([^,]*, LOCK_SH|LOCK_NB) .*/flock shared/
	s/^mkdir(\("[^"]*"\), .*/mkdir \1/
	s/^write([^,]*, [^,]*, \([0-9]*\)) .*/write \1/
	s/^rename(\("[^"]*"\), \("[^"]*"\)) .*/rename \1 \2/
	s/^renameat2(AT_FDCWD, \("[^"]*"\), AT_FDCWD, \("[^"]*"\), RENAME_NOREPLACE) .*/renameat2 \1 \2/
	s/^link(\("[^"]*"\), \("[^"]*"\)) .*/link \1 \2/
	s/^unlink(\("[^"]*"\)) .*/unlink \1/
	s,"/[^"]*/vsx-test-[A-Za-z0-9]*/\{0\,1\}\([^"]*\)",\1,g
	p
}' "$tmp/trace" >seen
[ "$(grep -c '^pwrite64' seen)" -gt 50 ] || fail "next to nothing was traced"
same due seen
echo "$(wc -l <seen) lines of calls"
finish
