#include "bench/data/hdf5.h"

#include "bench/data/hdf5_send.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/plural.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)1 << 20) /* between two looks at Ctrl-C */

bool hdf5_is(const char *path)
{
	static const char magic[8] = "\x89HDF\r\n\x1a\n";
	char head[sizeof(magic)];
	/* A pipe that nobody writes to must not be waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is;

	if (fd < 0)
		return false;
	is = pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	     memcmp(head, magic, sizeof(head)) == 0;
	close(fd);
	return is;
}

static void release(struct hdf5_data *h)
{
	vectors_release(&h->train);
	vectors_release(&h->test);
	free(h->truth);
	h->truth = NULL;
}

/* The reading process, and what comes from it, which is not trusted. */
struct reader {
	char name[TOOL_NAME_BYTES]; /* of the file */
	pid_t pid;
	int fd;
	struct hdf5_shared *shared;
};

static enum vsx_status start(struct reader *r, const char *path, bool queries,
			     uint32_t max_k, struct vsx_error *err)
{
	int ends[2];

	tool_name(r->name, path);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return tool_fail_errno(err, "cannot make a pipe");
	r->pid = fork();
	if (r->pid == 0) {
		hdf5_send(ends[1], r->shared, path, queries, max_k);
		_exit(0);
	}
	close(ends[1]);
	r->fd = ends[0];
	if (r->pid > 0)
		return VSX_OK;
	close(r->fd);
	return tool_fail_errno(err, "cannot start a process");
}

/* Its end. VSX_EIO, that it sent too little, is for it to explain. */
static enum vsx_status stop(struct reader *r, enum vsx_status status,
			    struct vsx_error *err)
{
	struct hdf5_shared *shared = r->shared;
	int how = 0;

	close(r->fd);
	if (status != VSX_OK && status != VSX_EIO)
		kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &how, 0) < 0 && errno == EINTR)
		;
	if (status == VSX_OK && shared->status != VSX_OK)
		status = VSX_EIO;
	if (status != VSX_EIO)
		return status;
	shared->text[sizeof(shared->text) - 1] = '\0';
	if (shared->status == VSX_EINVAL || shared->status == VSX_ENOMEM)
		return tool_fail(err, (enum vsx_status)shared->status, "%s",
				 shared->text);
	return tool_fail(
		err, VSX_EINVAL,
		"%s: libhdf5 crashed on it (%s): the file is damaged", r->name,
		WIFSIGNALED(how) ? strsignal(WTERMSIG(how)) : "it ended early");
}

/* VSX_EIO when the process is gone. */
static enum vsx_status receive(struct reader *r, void *to, uint64_t bytes,
			       struct vsx_error *err)
{
	uint64_t done = 0;

	while (done < bytes) {
		size_t want = bytes - done < BLOCK_BYTES
				      ? (size_t)(bytes - done)
				      : BLOCK_BYTES;
		ssize_t got = read(r->fd, (char *)to + done, want);

		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return VSX_EIO;
		done += (uint64_t)got;
		progress_update("reading", "bytes", done, bytes);
	}
	return VSX_OK;
}

static enum vsx_status take_vectors(struct reader *r, struct vectors *v,
				    const char *dataset, struct vsx_error *err)
{
	struct hdf5_table table;
	enum vsx_status status = receive(r, &table, sizeof(table), err);

	if (status != VSX_OK)
		return status;
	if (table.n == 0 || table.width == 0 || table.width > VSX_MAX_DIM ||
	    table.elem == 0 || table.elem >= VSX_N_ELEMS)
		return VSX_EIO;
	snprintf(v->name, sizeof(v->name), "%.140s: %s", r->name, dataset);
	v->n = table.n;
	v->dim = (uint32_t)table.width;
	v->elem = (enum vsx_elem)table.elem;
	status = vectors_room(v, err);
	if (status != VSX_OK)
		return status;
	return receive(r, v->data, v->n * vectors_row_bytes(v), err);
}

static enum vsx_status take_truth(struct reader *r, struct hdf5_data *h,
				  struct vsx_error *err)
{
	struct hdf5_table table;
	enum vsx_status status = receive(r, &table, sizeof(table), err);

	if (status != VSX_OK || table.n == 0)
		return status;
	if (table.width == 0 || table.width > VSX_MAX_DIM)
		return VSX_EIO;
	if (table.n != h->test.n)
		return tool_fail(err, VSX_EINVAL,
				 "%s: dataset 'neighbors' has %" PRIu64
				 " row%s, 'test' has %" PRIu64,
				 r->name, table.n, plural_s(table.n),
				 h->test.n);
	h->truth_k = (uint32_t)table.width;
	h->truth = calloc(table.n, h->truth_k * sizeof(*h->truth));
	if (!h->truth)
		return tool_fail_memory(err, table.n * h->truth_k *
						     sizeof(*h->truth));
	return receive(r, h->truth, table.n * h->truth_k * sizeof(*h->truth),
		       err);
}

static void take_distance(struct hdf5_data *h, const char *text)
{
	static const struct {
		const char *name;
		enum vsx_metric metric;
	} known[] = {
		{"euclidean", VSX_L2},	{"angular", VSX_COSINE},
		{"cosine", VSX_COSINE}, {"dot", VSX_IP},
		{"ip", VSX_IP},
	};

	memcpy(h->distance, text, sizeof(h->distance) - 1);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(h->distance, known[i].name) == 0)
			h->metric = known[i].metric;
}

static enum vsx_status read_from(struct reader *r, struct hdf5_data *h,
				 const char *path, bool queries, uint32_t max_k,
				 struct vsx_error *err)
{
	enum vsx_status status = start(r, path, queries, max_k, err);

	if (status != VSX_OK)
		return status;
	status = take_vectors(r, &h->train, "train", err);
	if (status == VSX_OK && queries)
		status = take_vectors(r, &h->test, "test", err);
	if (status == VSX_OK && queries)
		status = take_truth(r, h, err);
	return stop(r, status, err);
}

enum vsx_status hdf5_read(struct hdf5_data *h, const char *path, bool queries,
			  uint32_t max_k, struct vsx_error *err)
{
	struct reader r;
	enum vsx_status status;

	memset(h, 0, sizeof(*h));
	r.shared = mmap(NULL, sizeof(*r.shared), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r.shared == MAP_FAILED)
		return tool_fail_memory(err, sizeof(*r.shared));
	r.shared->status = VSX_EIO; /* until it has ended */
	status = read_from(&r, h, path, queries, max_k, err);
	if (status == VSX_OK)
		take_distance(h, r.shared->distance);
	else
		release(h);
	munmap(r.shared, sizeof(*r.shared));
	return status;
}
