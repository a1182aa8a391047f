/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "assay/error.h"
#include "tests/lib/tap.h"

static char top[] = "/tmp/assay-test-fd.XXXXXX";
static int dir;

static int count_entries(int at)
{
	DIR *d = fdopendir(openat(at, ".", O_RDONLY | O_DIRECTORY));
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}

static void test_files(void)
{
	struct ay_buf b = ay_buf_new(10);
	struct ay_error e;
	struct stat st;
	char abs[64], buf[4];
	int fd;

	is_int(ay_write_file(dir, "f", "0123456789", 10, 0644, &e), 0, "write");
	ok(fstatat(dir, "f", &st, 0) == 0 && (st.st_mode & 07777) == 0644, "with its mode, whatever the umask");
	is_int(ay_read_file(dir, "f", &b, &e), 0, "read as much as fits");
	is_str(ay_buf_str(&b), "0123456789", "the same");
	ay_buf_clear(&b);
	is_int(ay_write_file(dir, "f", "0123456789a", 11, 0600, &e), 0, "replace");
	is_int(count_entries(dir), 1, "no temporary file stays");
	is_int(ay_read_file(dir, "f", &b, &e), AY_ELIMIT, "one byte beyond the buffer");
	ay_buf_clear(&b);
	is_int(ay_write_file(dir, "f", "", 0, 0600, &e), 0, "empty");
	ok(ay_read_file(dir, "f", &b, &e) == 0 && b.len == 0, "reads as empty");
	is_int(ay_read_file(dir, "none", &b, &e), -ENOENT, "absent");
	is_str(e.msg, "cannot open none: No such file or directory", "says so");
	is_int(ay_read_file(dir, ".", &b, &e), -EISDIR, "a directory is refused");
	is_int(mkfifoat(dir, "p", 0600), 0, "a FIFO");
	is_int(ay_read_file(dir, "p", &b, &e), AY_EUNSUPPORTED, "does not hold us up");
	unlinkat(dir, "p", 0);
	is_int(ay_write_file(dir, "none/f", "x", 1, 0600, &e), -ENOENT, "no parent");
	is_int(ay_write_file(dir, "f/", "x", 1, 0600, &e), -EISDIR, "no name");
	snprintf(abs, sizeof(abs), "%s/g", top);
	is_int(ay_write_file(AT_FDCWD, abs, "abc", 3, 0600, &e), 0, "an absolute path of the user");
	ok(ay_read_file(AT_FDCWD, abs, &b, &e) == 0 && strcmp(ay_buf_str(&b), "abc") == 0, "reads back");
	fd = ay_open_beneath(dir, "g", O_RDONLY, 0);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC), "close on exec");
	is_int(ay_pread_full(fd, buf, 3, 0), 0, "the last byte");
	is_int(ay_pread_full(fd, buf, 4, 0), AY_ETRUNC, "one beyond");
	is_int(ay_pread_full(fd, buf, 1, UINT64_MAX), -EOVERFLOW, "an offset that no file has");
	ay_close(&fd);
	is_int(fd, -1, "closed");
	ay_close(&fd);
	ay_buf_free(&b);
}

static void test_beneath(void)
{
	struct ay_buf b = ay_buf_new(100);
	int sub;

	is_int(ay_mkdirs(dir, "d/e/f", 0), 0, "mkdirs");
	is_int(ay_mkdirs(dir, "d/e/f", 0), 0, "again");
	is_int(ay_mkdirs(dir, "g/h", 0), -ENOTDIR, "through a file");
	is_int(ay_mkdirs(dir, "../x", 0), -EXDEV, "not out of the directory");
	sub = ay_open_beneath(dir, "d", O_RDONLY | O_DIRECTORY, 0);
	ok(sub >= 0, "open below");
	is_int(ay_open_beneath(sub, "../g", O_RDONLY, 0), -EXDEV, "'..' does not leave");
	is_int(ay_open_beneath(sub, "/etc/passwd", O_RDONLY, 0), -EXDEV, "nor does an absolute path");
	is_int(symlinkat("../g", sub, "link"), 0, "a link");
	is_int(ay_open_beneath(sub, "link", O_RDONLY, 0), -ELOOP, "is not followed");
	is_int(symlinkat("e", sub, "dirlink"), 0, "a link to a directory");
	is_int(ay_open_beneath(sub, "dirlink/f", O_RDONLY, 0), -ELOOP, "nor is that");
	is_int(ay_read_file(sub, "link", &b, NULL), -ELOOP, "by read_file");
	is_int(ay_write_file(sub, "dirlink/f", "x", 1, 0600, NULL), -ELOOP, "or write_file");
	is_int(ay_mkdirs(sub, "dirlink/x", 0), -ELOOP, "or mkdirs");
	is_int(ay_rmtree(sub, "dirlink/f"), -ELOOP, "or rmtree");
	is_int(ay_fsync_dir(dir, "d/e"), 0, "fsync of a directory");
	is_int(ay_fsync_dir(dir, ""), 0, "of itself");
	is_int(ay_syncfs(dir), 0, "syncfs");
	is_int(symlinkat("../..", sub, "e/up"), 0, "a link upwards");
	is_int(ay_rmtree(dir, "d"), 0, "rmtree");
	is_int(faccessat(dir, "d", F_OK, 0), -1, "is gone");
	is_int(faccessat(dir, "g", F_OK, 0), 0, "what the links pointed to is not");
	is_int(ay_rmtree(dir, "d"), 0, "absent is fine");
	is_int(ay_rmtree(dir, "x/y"), 0, "absent parent is fine");
	is_int(ay_rmtree(dir, "g"), 0, "a file");
	is_int(ay_rmtree(dir, ""), -EINVAL, "nothing named");
	ay_close(&sub);
	ay_buf_free(&b);
}

static void test_send(void)
{
	int pair[2], fds[AY_FDS_MAX + 1], got[AY_FDS_MAX];
	char text[8] = "";
	size_t n;

	is_int(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0, "socketpair");
	for (size_t i = 0; i < AY_ARRAY_LEN(fds); i++)
		fds[i] = dir;
	is_int(ay_send_fds(pair[0], "hello", 5, fds, AY_FDS_MAX), 5, "send the most");
	is_int(ay_recv_fds(pair[1], text, sizeof(text), got, AY_FDS_MAX, &n), 5, "receive");
	is_int(n, AY_FDS_MAX, "all of them");
	ok(fcntl(got[AY_FDS_MAX - 1], F_GETFD) & FD_CLOEXEC, "close on exec");
	while (n > 0)
		ay_close(&got[--n]);
	is_int(ay_send_fds(pair[0], "hello", 5, fds, AY_FDS_MAX + 1), -EINVAL, "one too many");
	is_int(ay_send_fds(pair[0], "hello", 5, fds, 2), 5, "send two");
	got[1] = open("/dev/null", O_RDONLY);
	ay_close(&got[1]);
	is_int(ay_recv_fds(pair[1], text, sizeof(text), got, 1, &n), -EMSGSIZE, "where one is expected");
	is_int(n, 0, "none is given");
	got[0] = open("/dev/null", O_RDONLY);
	ok(got[0] <= pair[1] + 2, "and none leaks");
	ay_close(&got[0]);
	is_int(ay_send_fds(pair[0], "123456789", 9, NULL, 0), 9, "a longer message");
	is_int(ay_recv_fds(pair[1], text, sizeof(text), got, 1, &n), -EMSGSIZE, "is not cut in silence");
	ay_close(&pair[0]);
	is_int(ay_recv_fds(pair[1], text, sizeof(text), got, 1, &n), 0, "end");
	is_int(ay_send_fds(pair[1], "x", 1, NULL, 0), -EPIPE, "no signal when the peer is gone");
	ay_close(&pair[1]);
}

#ifdef ASSAY_TESTING
/* Signal that ends a child which passes twice through "file.synced". */
static int death_by(const char *failpoint)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("ASSAY_FAILPOINT", failpoint, 1);
		for (int i = 0; i < 2; i++) {
			if (ay_write_file(dir, i ? "second" : "first", "x", 1, 0600, NULL) != 0)
				_exit(1);
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void test_failpoints(void)
{
	is_int(death_by("file.synced"), SIGKILL, "killed at the first passage");
	is_int(faccessat(dir, "first", F_OK, 0), -1, "before the rename");
	is_int(death_by("file.synced:2"), SIGKILL, "or at the second");
	ok(faccessat(dir, "first", F_OK, 0) == 0 && faccessat(dir, "second", F_OK, 0) != 0, "between the two");
	is_int(death_by("file.synced:3"), 0, "which is the last");
	is_int(death_by("file"), 0, "another name does nothing");
}
#endif

int main(void)
{
	umask(077);
	if (!mkdtemp(top) || (dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 99;
	test_files();
	test_beneath();
	test_send();
#ifdef ASSAY_TESTING
	test_failpoints();
#endif
	is_int(ay_rmtree(AT_FDCWD, top), 0, "clean up");
	close(dir);
	return done_testing();
}
