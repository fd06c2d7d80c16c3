#include "bench/data/hdf5.h"

#include "bench/data/hdf5_send.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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

void hdf5_release(struct hdf5_data *h)
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
	bool ended; /* it has said so */
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
		hdf5_send(ends[1], path, queries, max_k);
		_exit(0);
	}
	close(ends[1]);
	r->fd = ends[0];
	if (r->pid > 0)
		return VSX_OK;
	close(r->fd);
	return tool_fail_errno(err, "cannot start a process");
}

/* Its end, and whether that was a crash. */
static enum vsx_status stop(struct reader *r, enum vsx_status status,
			    struct vsx_error *err)
{
	int how = 0;

	close(r->fd);
	if (!r->ended && status != VSX_EIO)
		kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &how, 0) < 0 && errno == EINTR)
		;
	if (status != VSX_EIO)
		return status;
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
	}
	return VSX_OK;
}

static enum vsx_status take_end(struct reader *r, struct hdf5_record *record,
				struct vsx_error *err)
{
	r->ended = true;
	record->text[sizeof(record->text) - 1] = '\0';
	if (record->status == VSX_OK)
		return VSX_OK;
	return tool_fail(err,
			 record->status == VSX_ENOMEM ? VSX_ENOMEM : VSX_EINVAL,
			 "%s", record->text);
}

/* The blocks of a table, or why they end. */
static enum vsx_status take_blocks(struct reader *r, char *to, uint64_t bytes,
				   struct vsx_error *err)
{
	struct hdf5_record record;
	enum vsx_status status;
	uint64_t done = 0;

	while (done < bytes) {
		status = receive(r, &record, sizeof(record), err);
		if (status != VSX_OK)
			return status;
		if (record.kind == HDF5_END && record.status != VSX_OK)
			return take_end(r, &record, err);
		if (record.kind != HDF5_BLOCK || record.n == 0 ||
		    record.n > bytes - done)
			return VSX_EIO;
		status = receive(r, to + done, record.n, err);
		if (status != VSX_OK)
			return status;
		done += record.n;
		progress_update("reading", "bytes", done, bytes);
	}
	return VSX_OK;
}

static enum vsx_status take_vectors(struct reader *r, struct vectors *v,
				    const struct hdf5_record *record,
				    const char *dataset, struct vsx_error *err)
{
	enum vsx_status status;

	if (record->n == 0 || record->width == 0 ||
	    record->width > VSX_MAX_DIM || record->elem == 0 ||
	    record->elem >= VSX_N_ELEMS || v->data)
		return VSX_EIO;
	snprintf(v->name, sizeof(v->name), "%.140s: %s", r->name, dataset);
	v->n = record->n;
	v->dim = (uint32_t)record->width;
	v->elem = (enum vsx_elem)record->elem;
	status = vectors_room(v, err);
	if (status != VSX_OK)
		return status;
	return take_blocks(r, v->data, v->n * vectors_row_bytes(v), err);
}

static enum vsx_status take_truth(struct reader *r, struct hdf5_data *h,
				  const struct hdf5_record *record,
				  struct vsx_error *err)
{
	if (record->width == 0 || record->width > VSX_MAX_DIM || h->truth)
		return VSX_EIO;
	if (record->n != h->test.n)
		return tool_fail(err, VSX_EINVAL,
				 "%s: dataset 'neighbors' has %" PRIu64
				 " rows, 'test' has %" PRIu64,
				 r->name, record->n, h->test.n);
	h->truth_k = (uint32_t)record->width;
	h->truth = calloc(record->n, h->truth_k * sizeof(*h->truth));
	if (!h->truth)
		return tool_fail_memory(err, record->n * h->truth_k *
						     sizeof(*h->truth));
	return take_blocks(r, (char *)h->truth,
			   record->n * h->truth_k * sizeof(*h->truth), err);
}

static void take_distance(struct hdf5_data *h, struct hdf5_record *record)
{
	static const struct {
		const char *name;
		enum vsx_metric metric;
	} known[] = {
		{"euclidean", VSX_L2},	{"angular", VSX_COSINE},
		{"cosine", VSX_COSINE}, {"dot", VSX_IP},
		{"ip", VSX_IP},
	};

	memcpy(h->distance, record->text, sizeof(h->distance) - 1);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(h->distance, known[i].name) == 0)
			h->metric = known[i].metric;
}

static enum vsx_status take_one(struct reader *r, struct hdf5_data *h,
				struct vsx_error *err)
{
	struct hdf5_record record;
	enum vsx_status status = receive(r, &record, sizeof(record), err);

	if (status != VSX_OK)
		return status;
	switch (record.kind) {
	case HDF5_DISTANCE:
		take_distance(h, &record);
		return VSX_OK;
	case HDF5_TRAIN:
		return take_vectors(r, &h->train, &record, "train", err);
	case HDF5_TEST:
		return take_vectors(r, &h->test, &record, "test", err);
	case HDF5_NEIGHBORS:
		return take_truth(r, h, &record, err);
	case HDF5_END:
		return take_end(r, &record, err);
	}
	return VSX_EIO;
}

enum vsx_status hdf5_read(struct hdf5_data *h, const char *path, bool queries,
			  uint32_t max_k, struct vsx_error *err)
{
	struct reader r = {.ended = false};
	enum vsx_status status;

	memset(h, 0, sizeof(*h));
	status = start(&r, path, queries, max_k, err);
	if (status != VSX_OK)
		return status;
	while (status == VSX_OK && !r.ended)
		status = take_one(&r, h, err);
	if (status == VSX_OK && (!h->train.data || (queries && !h->test.data)))
		status = VSX_EIO;
	status = stop(&r, status, err);
	if (status != VSX_OK)
		hdf5_release(h);
	return status;
}
