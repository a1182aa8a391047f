/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors over Unix sockets. */
#include "assay/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * AY_FDS_MAX)];
};

ssize_t ay_send_fds(int sock, const void *bytes, size_t len, const int *fds, size_t nfds)
{
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control = {0};
	ssize_t n;

	if (nfds > AY_FDS_MAX)
		return -EINVAL;
	if (nfds) {
		struct cmsghdr *c = &control.align;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Takes the descriptors out of a message: up to max into fds; *surplus says that there were more, which are closed. */
static size_t collect(struct msghdr *msg, int *fds, size_t max, bool *surplus)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; CMSG_LEN(sizeof(int) * (i + 1)) <= c->cmsg_len; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + sizeof(int) * i, sizeof(fd));
			if (n < max) {
				fds[n++] = fd;
			} else {
				ay_close(&fd);
				*surplus = true;
			}
		}
	}
	return n;
}

ssize_t ay_recv_fds(int sock, void *bytes, size_t len, int *fds, size_t max_fds, size_t *nfds_out)
{
	struct iovec iov = {.iov_base = bytes, .iov_len = len};
	union control control = {0};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	bool surplus = false;
	size_t nfds;
	ssize_t n;

	*nfds_out = 0;
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	nfds = collect(&msg, fds, max_fds, &surplus);
	/* A message that was cut, or has descriptors that nobody asked for, is not half taken. */
	if (surplus || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		while (nfds > 0)
			ay_close(&fds[--nfds]);
		return -EMSGSIZE;
	}
	*nfds_out = nfds;
	return n;
}
