/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket STORE/run/sock. A connection carries one request and one
 * reply, each as u32le length and JSON; who asks is told by the kernel
 * (SO_PEERCRED). At most CONNECTIONS threads; more callers wait in the backlog.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "assay/fd.h"
#include "assay/gate.h"

#define CONNECTIONS 64
#define REQUEST_SECONDS 30   /* for the bytes of a request to arrive */

struct ay_server {
	struct ay_gate *g;
	char mount_point[4096];
	int sock, stop[2];
	pthread_t thread;
	pthread_mutex_t lock;    /* guards active */
	pthread_cond_t quiet;
	unsigned active;
};

struct connection { struct ay_server *server; int sock; };

static int address(const char *store_dir, struct sockaddr_un *a, char link[64], int *dir_out)
{
	char run[4200];

	/* A path of any length: through the directory's descriptor. */
	snprintf(run, sizeof(run), "%s/run", store_dir);
	*dir_out = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir_out < 0)
		return -errno;
	snprintf(link, 64, "/proc/self/fd/%d/sock", *dir_out);
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(a->sun_path, sizeof(a->sun_path), "%s", link);
	return 0;
}

static int receive(int sock, struct ay_buf *b)
{
	uint8_t head[4];
	size_t got = 0;

	while (got < sizeof(head)) {
		ssize_t n = recv(sock, head + got, sizeof(head) - got, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? AY_ETRUNC : -errno;
		got += (size_t)n;
	}
	struct ay_cursor c = ay_cursor_of(head, sizeof(head), 0);
	uint32_t len = ay_cursor_le32(&c);

	if (len > b->max)
		return AY_ELIMIT;
	while (b->len < len) {
		/* In steps, so that a claimed length alone costs no memory. */
		size_t step = len - b->len < 1 * MIB ? len - b->len : 1 * MIB;
		uint8_t *p = ay_buf_reserve(b, step);

		if (!p)
			return b->err;
		ssize_t n = recv(sock, p, step, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? AY_ETRUNC : -errno;
		ay_buf_grew(b, (size_t)n);
	}
	return 0;
}

static int transmit(int sock, const struct ay_buf *b)
{
	struct ay_buf head = ay_buf_new(8);
	int r = ay_buf_le32(&head, (uint32_t)b->len);

	if (r == 0)
		r = ay_write_full(sock, head.data, head.len);
	if (r == 0 && b->len)
		r = ay_write_full(sock, b->data, b->len);
	ay_buf_free(&head);
	return r;
}

/* The mount point is the server's to tell, not the gate's. */
static void answer_status(const struct ay_server *s, struct ay_buf *reply)
{
	struct ay_jw w = ay_jw_new(reply, false);

	ay_jw_object(&w);
	ay_jw_kbool(&w, "ok", true);
	ay_jw_kstr(&w, "version", PACKAGE_VERSION);
	ay_jw_kstr(&w, "store", ay_store_dir(ay_gate_store(s->g)));
	ay_jw_kstr(&w, "mount", s->mount_point);
	ay_jw_ki64(&w, "pid", getpid());
	ay_jw_object_end(&w);
}

static void answer(struct ay_server *s, int sock)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	struct ay_buf request = ay_buf_new(AY_LIMIT_REQUEST), reply = ay_buf_new(AY_LIMIT_REQUEST);
	struct ay_json_doc *doc = NULL;
	struct timeval patience = { .tv_sec = REQUEST_SECONDS };

	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && receive(sock, &request) == 0) {
		struct ay_cred c = { .uid = peer.uid, .gid = peer.gid, .pid = peer.pid };

		/* What cannot be parsed is answered as an unknown request. */
		(void)!ay_json_parse(request.data, request.len, 8000000, &doc, NULL);
		const char *verb = ay_json_str(ay_json_get(ay_json_root(doc), "verb"), NULL);

		if (verb && strcmp(verb, "status") == 0)
			answer_status(s, &reply);
		else
			ay_serve(s->g, &c, doc ? ay_json_root(doc) : NULL, &reply);
		(void)!transmit(sock, &reply);
	}
	ay_json_free(doc);
	ay_buf_free(&request);
	ay_buf_free(&reply);
}

static void *connection_thread(void *arg)
{
	struct connection *c = arg;
	struct ay_server *s = c->server;

	answer(s, c->sock);
	close(c->sock);
	free(c);
	pthread_mutex_lock(&s->lock);
	s->active--;
	pthread_cond_broadcast(&s->quiet);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void start_connection(struct ay_server *s, int sock)
{
	struct connection *c = malloc(sizeof(*c));
	pthread_attr_t detached;
	pthread_t t;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_mutex_lock(&s->lock);
	while (s->active >= CONNECTIONS)
		pthread_cond_wait(&s->quiet, &s->lock);
	s->active++;
	pthread_mutex_unlock(&s->lock);
	if (c)
		*c = (struct connection){ .server = s, .sock = sock };
	if (!c || pthread_create(&t, &detached, connection_thread, c) != 0) {
		free(c);
		close(sock);
		pthread_mutex_lock(&s->lock);
		s->active--;
		pthread_mutex_unlock(&s->lock);
	}
	pthread_attr_destroy(&detached);
}

static void *listen_thread(void *arg)
{
	struct ay_server *s = arg;
	struct pollfd fds[2] = { { .fd = s->sock, .events = POLLIN }, { .fd = s->stop[0], .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			break;
		if (!(fds[0].revents & POLLIN))
			continue;
		int sock = accept4(s->sock, NULL, NULL, SOCK_CLOEXEC);

		if (sock >= 0)
			start_connection(s, sock);
	}
	return NULL;
}

static int bind_socket(const char *store_dir, struct ay_error *e)
{
	struct sockaddr_un a;
	char path[64];
	AY_CLEANUP_FD int dir = -1;
	int r = address(store_dir, &a, path, &dir);

	if (r < 0)
		return ay_error_set(e, r, "open %s/run: %s", store_dir, ay_strerror(r));
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return ay_error_errno(e, "socket");
	/* The lock says that no other owner lives, so an old socket is a leftover. */
	unlink(a.sun_path);
	if (bind(sock, (struct sockaddr *)&a, sizeof(a)) != 0 || chmod(a.sun_path, 0666) != 0 || listen(sock, 128) != 0) {
		r = ay_error_errno(e, "listen on %s/run/sock", store_dir);
		close(sock);
		return r;
	}
	return sock;
}

int ay_server_start(struct ay_gate *g, const char *mount_point, struct ay_server **out, struct ay_error *e)
{
	struct ay_server *s = calloc(1, sizeof(*s));

	if (!s)
		return ay_error_set(e, -ENOMEM, "out of memory");
	s->g = g;
	snprintf(s->mount_point, sizeof(s->mount_point), "%s", mount_point ? mount_point : "");
	s->sock = bind_socket(ay_store_dir(ay_gate_store(g)), e);
	if (s->sock < 0) {
		int r = s->sock;

		free(s);
		return r;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->quiet, NULL);
	int r = pipe2(s->stop, O_CLOEXEC) == 0 ? pthread_create(&s->thread, NULL, listen_thread, s) : errno;

	if (r != 0) {
		close(s->sock);
		free(s);
		return ay_error_set(e, -r, "cannot start the control socket: %s", ay_strerror(-r));
	}
	*out = s;
	return 0;
}

void ay_server_stop(struct ay_server *s)
{
	if (!s)
		return;
	close(s->stop[1]);
	pthread_join(s->thread, NULL);
	close(s->stop[0]);
	close(s->sock);
	pthread_mutex_lock(&s->lock);
	while (s->active)
		pthread_cond_wait(&s->quiet, &s->lock);
	pthread_mutex_unlock(&s->lock);
	struct sockaddr_un a;
	char path[64];
	AY_CLEANUP_FD int dir = -1;

	if (address(ay_store_dir(ay_gate_store(s->g)), &a, path, &dir) == 0)
		unlink(a.sun_path);
	pthread_cond_destroy(&s->quiet);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int ay_ask(const char *store_dir, const struct ay_buf *request, struct ay_buf *reply, struct ay_error *e)
{
	struct sockaddr_un a;
	char path[64];
	AY_CLEANUP_FD int dir = -1;
	int r = address(store_dir, &a, path, &dir);

	if (r == -ENOENT) {
		ay_error_set(e, AY_ENOTFOUND, "there is no store at %s", store_dir);
		ay_error_next(e, "assay init %s", store_dir);
		return AY_ENOTFOUND;
	}
	if (r < 0)
		return ay_error_set(e, r, "open %s/run: %s", store_dir, ay_strerror(r));
	AY_CLEANUP_FD int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return ay_error_errno(e, "socket");
	if (connect(sock, (struct sockaddr *)&a, sizeof(a)) != 0)
		return ay_error_set(e, AY_ENOTFOUND, "nobody owns the store at %s", store_dir);
	r = transmit(sock, request);
	if (r == 0)
		r = receive(sock, reply);
	return r < 0 ? ay_error_set(e, AY_EBUSY, "the owner of the store hung up: %s", ay_strerror(r)) : 0;
}
