/* vsx_verify(): the order of the checks, superblock and manifest. */
#include "read/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "read/opts.h"
#include "plural.h"

typedef unsigned long long ull;

/* Findings of one kind before the rest is only counted. */
#define MOST_FINDINGS 100

#define READ_BYTES (64u << 10)

/* ---- telling --------------------------------------------------------- */

static enum vsx_status tell(struct vsx_verifier *v, enum vsx_verify_what what,
			    const struct vsx_error *why)
{
	struct vsx_verify_event event = {what, why->status, why->text, 0,
					 0,    NULL,	    why->at};

	/* Then it was read from what is no longer there. */
	if (v->map && vsx_map_whole(v->map, NULL) != VSX_OK)
		return VSX_EIO;
	if (v->report && v->report(v->context, &event) != 0)
		return VSX_ESTOPPED;
	return VSX_OK;
}

enum vsx_status vsx_verify_find(struct vsx_verifier *v,
				const struct vsx_error *why)
{
	v->result->n_findings++;
	return tell(v, VSX_FINDING, why);
}

enum vsx_status vsx_find_fault(struct vsx_verifier *v, enum vsx_status status,
			       const char *fmt, ...)
{
	struct vsx_error why;
	va_list args;

	va_start(args, fmt);
	vsx_vfail(&why, status, fmt, args);
	va_end(args);
	return vsx_verify_find(v, &why);
}

enum vsx_status vsx_find_on_page(struct vsx_verifier *v, enum vsx_status status,
				 uint64_t page, const char *section,
				 const char *fmt, ...)
{
	char text[VSX_ERROR_TEXT];
	struct vsx_error why;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	vsx_fail(&why, status, "page %llu: %s", (ull)page, text);
	vsx_at_page(&why, status, page);
	vsx_at_section(&why, status, section);
	return vsx_verify_find(v, &why);
}

enum vsx_status vsx_notice(struct vsx_verifier *v, const char *fmt, ...)
{
	struct vsx_error why;
	va_list args;

	v->result->n_notices++;
	va_start(args, fmt);
	vsx_vfail(&why, VSX_OK, fmt, args);
	va_end(args);
	return tell(v, VSX_NOTICE, &why);
}

enum vsx_status vsx_progress(struct vsx_verifier *v,
			     const struct vsx_phase *phase, uint64_t done,
			     uint64_t total)
{
	struct vsx_verify_event event = {VSX_PROGRESS, VSX_OK, phase->name,
					 done,	       total,  phase->unit,
					 vsx_nowhere()};

	if (v->report && v->report(v->context, &event) != 0)
		return VSX_ESTOPPED;
	return VSX_OK;
}

/* ---- reading --------------------------------------------------------- */

/* ---- zeros ----------------------------------------------------------- */

static enum vsx_status cannot_read(struct vsx_verifier *v, uint64_t page,
				   int reason, const char *what)
{
	char why[128];

	if (reason == ENODATA)
		return vsx_find_on_page(v, VSX_ETRUNCATED, page, "",
					"is missing (%s)", what);
	return vsx_find_on_page(v, VSX_EIO, page, "", "cannot be read: %s (%s)",
				strerror_r(reason, why, sizeof(why)), what);
}

/* Bytes of one page. */
static enum vsx_status zeros_of_page(struct vsx_verifier *v,
				     const uint8_t *bytes, uint64_t from,
				     uint64_t n, const char *what,
				     const char *section)
{
	uint64_t at = vsx_zeros_before(bytes, n);

	if (at == n)
		return VSX_OK;
	return vsx_find_on_page(v, VSX_ECORRUPT,
				(from + at) >> v->super.page_shift, section,
				"byte %llu is 0x%02x, expected 0 (%s)",
				(ull)(from + at), bytes[at], what);
}

enum vsx_status vsx_verify_zeros(struct vsx_verifier *v, uint64_t from,
				 uint64_t to, const char *what,
				 const char *section)
{
	uint64_t page = UINT64_C(1) << v->super.page_shift;
	uint64_t limit = v->result->n_findings + MOST_FINDINGS;
	uint8_t buffer[READ_BYTES];

	if (to > v->from.bytes)
		to = v->from.bytes;
	while (from < to) {
		uint64_t end = (from & ~(page - 1)) + READ_BYTES;
		uint64_t n = (end < to ? end : to) - from;
		int reason = vsx_origin_read(&v->from, buffer, n, from);

		v->result->bytes_read += n;
		if (reason)
			VSX_TRY(cannot_read(v, from >> v->super.page_shift,
					    reason, what));
		for (uint64_t at = 0; !reason && at < n;) {
			uint64_t rest = page - ((from + at) & (page - 1));

			if (rest > n - at)
				rest = n - at;
			VSX_TRY(zeros_of_page(v, buffer + at, from + at, rest,
					      what, section));
			at += rest;
		}
		from += n;
		if (v->result->n_findings >= limit)
			return vsx_notice(v,
					  "more like these were not looked "
					  "for (%s)",
					  what);
	}
	return VSX_OK;
}

/* ---- superblock ------------------------------------------------------ */

static ull slot_page(const struct vsx_verifier *v, int i)
{
	return (ull)i * VSX_SLOT_BYTES >> v->super.page_shift;
}

/* A writer always fills both, so an empty slot is damage too. */
static enum vsx_status check_slot(struct vsx_verifier *v, int i,
				  const struct vsx_slot *slot)
{
	uint64_t at = (uint64_t)i * VSX_SLOT_BYTES;

	if (slot->state == VSX_SLOT_VALID ||
	    at + VSX_SUPER_BYTES > v->from.bytes)
		return VSX_OK;
	return vsx_find_on_page(v, VSX_ECORRUPT, slot_page(v, i), "",
				"superblock slot %d: %.*s", i,
				VSX_ERROR_TEXT / 2, slot->error.text);
}

/* What two valid slots must have in common. */
static enum vsx_status compare_slots(struct vsx_verifier *v,
				     const struct vsx_slot slots[2], int chosen,
				     const uint8_t *head)
{
	struct vsx_error why;

	if (slots[0].state != VSX_SLOT_VALID ||
	    slots[1].state != VSX_SLOT_VALID ||
	    vsx_super_agree(slots, chosen, head, &why) == VSX_OK)
		return VSX_OK;
	return vsx_find_on_page(v, VSX_ECORRUPT, slot_page(v, 1), "", "%.*s",
				VSX_ERROR_TEXT / 2, why.text);
}

static enum vsx_status check_head(struct vsx_verifier *v)
{
	VSX_TRY(vsx_verify_zeros(v, VSX_SUPER_BYTES, VSX_SLOT_BYTES,
				 "after superblock slot 0", ""));
	return vsx_verify_zeros(v, VSX_SLOT_BYTES + VSX_SUPER_BYTES,
				vsx_data_start(v->super.page_shift),
				"after superblock slot 1", "");
}

static enum vsx_status check_length(struct vsx_verifier *v)
{
	uint64_t due = v->super.committed_bytes;

	if (v->from.bytes < due)
		return vsx_find_fault(
			v, VSX_ETRUNCATED, "has %llu byte%s, expected %llu",
			(ull)v->from.bytes, vsx_s(v->from.bytes), (ull)due);
	if (v->from.bytes > due)
		return vsx_notice(v,
				  "%llu byte%s after the committed end at byte "
				  "%llu, left by a writer that was interrupted "
				  "or put there by others; they are not used",
				  (ull)(v->from.bytes - due),
				  vsx_s(v->from.bytes - due), (ull)due);
	return VSX_OK;
}

/* *usable: there is a superblock to go on with. */
static enum vsx_status check_super(struct vsx_verifier *v, bool *usable,
				   struct vsx_error *err)
{
	uint8_t head[2 * VSX_SLOT_BYTES];
	struct vsx_slot slots[2];
	struct vsx_error why = {0};
	enum vsx_status status;
	size_t n = 0;
	int chosen;

	*usable = false;
	v->super.page_shift = VSX_MIN_PAGE_SHIFT; /* until it is known */
	status = vsx_head_read(head, &n, slots, &chosen, &v->from.bytes,
			       v->from.fd, &why);
	if (status == VSX_EIO) {
		if (err)
			*err = why;
		return status;
	}
	v->result->bytes_read += n;
	if (status == VSX_ETRUNCATED)
		return vsx_verify_find(v, &why);
	if (status == VSX_EFORMAT || status == VSX_EVERSION)
		return vsx_retell(err, status, &why, "%s", why.text);
	if (status == VSX_OK)
		v->super = slots[chosen].super;
	VSX_TRY(check_slot(v, 0, &slots[0]));
	VSX_TRY(check_slot(v, 1, &slots[1]));
	if (status != VSX_OK)
		return VSX_OK;
	*usable = true;
	VSX_TRY(compare_slots(v, slots, chosen, head));
	VSX_TRY(check_head(v));
	if (v->super.feature_write & ~VSX_KNOWN_WRITE)
		VSX_TRY(vsx_notice(
			v,
			"features 0x%llx of a newer writer: this version reads "
			"the index and does not change it",
			(ull)(v->super.feature_write & ~VSX_KNOWN_WRITE)));
	return check_length(v);
}

/* ---- manifest -------------------------------------------------------- */

/* *usable: the sections can be looked at. */
static enum vsx_status check_manifest(struct vsx_verifier *v, bool *usable,
				      struct vsx_error *err)
{
	const struct vsx_super *sb = &v->super;
	uint64_t end = sb->manifest_offset + sb->manifest_bytes;
	uint64_t page = sb->manifest_offset >> sb->page_shift;
	struct vsx_error why = {0};
	enum vsx_status status;
	int reason;

	*usable = false;
	if (end > v->from.bytes)
		return vsx_notice(v, "the sections were not checked, since the "
				     "manifest is missing");
	VSX_TRY(vsx_alloc_to(&v->raw, sb->manifest_bytes, 1, err));
	reason = vsx_origin_read(&v->from, v->raw, sb->manifest_bytes,
				 sb->manifest_offset);
	if (reason)
		return cannot_read(v, page, reason, "manifest");
	v->result->bytes_read += sb->manifest_bytes;
	status = vsx_manifest_read(&v->manifest, v->raw, sb, &why);
	if (status == VSX_EVERSION)
		return vsx_retell(err, status, &why, "%s", why.text);
	if (status != VSX_OK && why.at.page < 0) {
		vsx_retell(&why, status, &why, "page %llu: %.*s (manifest)",
			   (ull)page, VSX_ERROR_TEXT / 2, why.text);
		vsx_at_page(&why, status, page);
	}
	if (status != VSX_OK)
		return vsx_verify_find(v, &why);
	*usable = true;
	return vsx_verify_zeros(v, end, sb->committed_bytes,
				"after the manifest", "");
}

/* ---- all of it ------------------------------------------------------- */

static enum vsx_status check_query_dim(const struct vsx_verifier *v,
				       struct vsx_error *err)
{
	if (v->opts->n_queries && v->opts->query_dim != v->manifest.dim)
		return vsx_fail(err, VSX_EINVAL,
				"the queries have %u component%s, the index %u",
				v->opts->query_dim, vsx_s(v->opts->query_dim),
				v->manifest.dim);
	return VSX_OK;
}

static enum vsx_status run(struct vsx_verifier *v, struct vsx_error *err)
{
	bool usable;

	VSX_TRY(check_super(v, &usable, err));
	if (!usable)
		return VSX_OK;
	VSX_TRY(check_manifest(v, &usable, err));
	if (!usable)
		return VSX_OK;
	VSX_TRY(check_query_dim(v, err));
	if (v->opts->level == VSX_VERIFY_QUICK)
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&v->damaged, v->manifest.n_sections, 1, err));
	VSX_TRY(vsx_verify_pages(v, err));
	if (v->opts->level == VSX_VERIFY_PAGES)
		return VSX_OK;
	/* The mapping would end where the file does. */
	if (v->from.bytes < v->super.committed_bytes)
		return vsx_notice(v, "structure and recall were not checked, "
				     "since a part of the file is missing");
	return vsx_verify_content(v, err);
}

static enum vsx_status check_opts(const struct vsx_verify_opts *o,
				  struct vsx_error *err)
{
	if (o->level > VSX_VERIFY_QUICK)
		return vsx_fail(err, VSX_EINVAL, "level %d is not known",
				(int)o->level);
	if (!(o->min_recall >= 0.0 && o->min_recall <= 1.0))
		return vsx_fail(err, VSX_EINVAL,
				"least recall is %g, expected 0 to 1",
				o->min_recall);
	if (o->level != VSX_VERIFY_FULL && (o->min_recall > 0 || o->n_queries))
		return vsx_fail(err, VSX_EINVAL,
				"recall is measured only at level full");
	if (!o->n_queries)
		return VSX_OK;
	if (o->n_queries > UINT32_MAX || !o->queries || !o->truth ||
	    !o->truth_k)
		return vsx_fail(err, VSX_EINVAL,
				"%llu quer%s with %u neighbour%s each: the "
				"test is incomplete",
				(ull)o->n_queries, vsx_ies(o->n_queries),
				o->truth ? o->truth_k : 0,
				vsx_s(o->truth ? o->truth_k : 0));
	if (!vsx_elem_name(o->query_elem))
		return vsx_fail(err, VSX_EINVAL, "element type %d is not known",
				(int)o->query_elem);
	return VSX_OK;
}

enum vsx_status vsx_verify_sized(const char *path,
				 const struct vsx_verify_opts *opts,
				 vsx_verify_report *report, void *context,
				 struct vsx_verify_result *result, size_t size,
				 struct vsx_error *err)
{
	struct vsx_verify_opts o = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result local = {0};
	struct vsx_verifier v = {
		.opts = &o,
		.report = report,
		.context = context,
		.result = &local,
		.from = {.fd = -1},
	};
	struct vsx_error why = {0};
	char name[VSX_PATH_TEXT];
	enum vsx_status status;

	VSX_TRY(vsx_take_opts(&o, sizeof(o), opts, "vsx_verify_opts", err));
	if (!o.query_elem)
		o.query_elem = VSX_F32;
	VSX_TRY(check_opts(&o, err));
	v.n_threads = vsx_thread_count(o.n_threads);
	status = vsx_open_file(&v.from.fd, &v.from.bytes, path, &why);
	if (status == VSX_OK)
		status = run(&v, &why);
	if (v.from.fd >= 0)
		close(v.from.fd);
	free(v.raw);
	free(v.damaged);
	if (status == VSX_ESTOPPED)
		vsx_fail(&why, status, "stopped");
	if (status == VSX_OK)
		vsx_give(result, size, &local, sizeof(local));
	if (status == VSX_OK)
		return VSX_OK;
	vsx_path_text(name, path);
	return vsx_named(name, status, &why, err);
}

/* ---- for vsx_open() -------------------------------------------------- */

static int keep_first(void *context, const struct vsx_verify_event *event)
{
	if (event->what != VSX_FINDING)
		return 0;
	vsx_fail(context, event->status, "%s", event->text);
	((struct vsx_error *)context)->at = event->at;
	return 1;
}

enum vsx_status vsx_verify_index(const struct vsx *index, struct vsx_error *err)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result = {0};
	struct vsx_error first = {0};
	struct vsx_verifier v = {
		.opts = &opts,
		.n_threads = 1,
		.report = keep_first,
		.context = &first,
		.result = &result,
		.from = {.fd = -1,
			 .memory = index->map.base,
			 .bytes = index->map.bytes},
		.super = index->super,
		.manifest = index->manifest,
	};
	struct vsx part = {
		.map = index->map,
		.super = index->super,
		.manifest = index->manifest,
	};
	enum vsx_status status;
	bool usable;

	VSX_TRY(vsx_alloc_to(&v.damaged, v.manifest.n_sections, 1, err));
	status = vsx_verify_pages(&v, err);
	if (status == VSX_OK)
		status = vsx_verify_rules(&v, &part, &usable, err);
	vsx_segments_close(part.segments, part.manifest.n_segments);
	vsx_schema_release(&part.fields);
	free(v.damaged);
	if (status == VSX_ESTOPPED)
		return vsx_retell(err, first.status, &first, "%s", first.text);
	return status;
}
