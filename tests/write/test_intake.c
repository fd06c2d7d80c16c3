#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "disk.h"
#include "faulty_files.h"
#include "scratch_folder.h"
#include "write/intake/intake.h"

enum { DIM = 3, N = 300000 };

static struct vsx_space space;
static struct vsx_output output;
static struct vsx_intake in;
static struct vsx_error err;

static void begin_on(const struct vsx_file_ops *ops, uint64_t memory)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;

	opts.memory = memory;
	opts.n_threads = 2;
	vsx_space_init(&space, VSX_L2, VSX_F32, DIM, 0);
	cr_assert_eq(
		vsx_output_init(&output, scratch_path("x"), false, ops, &err),
		VSX_OK);
	vsx_intake_init(&in, &opts, &space, &output);
}

static void begin(uint64_t memory)
{
	begin_on(&vsx_system_files, memory);
}

static void end(void)
{
	vsx_intake_release(&in);
	vsx_output_release(&output);
}

TestSuite(intake, .init = scratch_make, .fini = scratch_drop);

static float value(size_t i)
{
	return (float)(i % 1000003);
}

/* Add rows in uneven calls and compare all of them. */
static void round_trip(bool with_ids)
{
	static float rows[4096 * DIM];
	static uint64_t ids[4096];
	size_t at = 0;

	for (size_t n = 1; at < N; n = n * 3 % 4093 + 1) {
		for (size_t i = 0; i < n * DIM; i++)
			rows[i] = value(at * DIM + i);
		for (size_t i = 0; i < n; i++)
			ids[i] = ~(uint64_t)(at + i);
		cr_assert_eq(vsx_intake_add(&in,
					    VSX_BATCH(rows, VSX_F32, n,
						      with_ids ? ids : NULL),
					    &err),
			     VSX_OK, "%s", err.text);
		at += n;
	}
	cr_assert_eq(in.spool.n, at);
	for (size_t i = 0; i < at; i++) {
		const uint64_t *got = vsx_spool_ids(&in.spool);
		float row[DIM];

		memcpy(row, vsx_spool_row(&in.spool, i), sizeof(row));
		for (size_t d = 0; d < DIM; d++)
			cr_assert_eq(row[d], value(i * DIM + d));
		cr_assert(!with_ids || got[i] == ~(uint64_t)i);
	}
}

Test(intake, keeps_rows_in_memory)
{
	begin(UINT64_C(1) << 30);
	round_trip(true);
	cr_expect_eq(in.spool.rows.file.fd, -1);
	end();
}

Test(intake, leaves_memory_for_an_unnamed_file)
{
	unsigned int before = scratch_descriptors();

	begin(1 << 20);
	round_trip(true);
	cr_expect_geq(in.spool.rows.file.fd, 0);
	cr_expect_geq(in.spool.ids.file.fd, 0);
	cr_expect_eq(scratch_count(0), 0);
	end();
	cr_expect_eq(scratch_descriptors(), before);
}

Test(intake, writes_where_blocks_cannot_be_reserved)
{
	struct faulty f = {.at = -1, .no_reserve = true};
	struct vsx_file_ops ops = faulty_ops(&f);

	begin_on(&ops, 1 << 20);
	round_trip(false);
	cr_expect_geq(in.spool.rows.file.fd, 0);
	end();
}

Test(intake, tells_a_full_disk_before_it_writes)
{
	float rows[64 * DIM] = {0};
	struct faulty f = {.at = 1, .sticky = true, .reason = ENOSPC};
	struct vsx_file_ops ops = faulty_ops(&f);

	begin_on(&ops, 64);
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 64, NULL), &err),
		VSX_EIO);
	cr_expect(strstr(err.text, "No space left"), "%s", err.text);
	cr_expect(strstr(err.text, scratch_folder), "%s", err.text);
	cr_expect_eq(in.spool.n, 0);
	end();
}

Test(intake, names_the_row_at_fault_counted_over_all_calls)
{
	float rows[2000 * DIM] = {0};

	begin(UINT64_C(1) << 30);
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 10, NULL), &err),
		VSX_OK);
	rows[7 * DIM + 2] = NAN;
	rows[1999 * DIM] = INFINITY;
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 2000, NULL), &err),
		VSX_ENUMERIC);
	cr_expect_str_eq(err.text, "row 17: component 2 is NaN");
	cr_expect_eq(in.spool.n, 10);
	rows[7 * DIM + 2] = 0;
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 2000, NULL), &err),
		VSX_ENUMERIC);
	cr_expect_str_eq(err.text, "row 2009: component 0 is infinite");
	end();
}

Test(intake, wants_ids_always_or_never)
{
	float rows[DIM] = {0};
	uint64_t id = 5;

	begin(1 << 20);
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 1, NULL), &err),
		VSX_OK);
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 1, &id), &err),
		VSX_EINVAL);
	cr_expect_str_eq(err.text,
			 "rows 0 to 0 came without ids, row 1 comes with one");
	end();
	begin(1 << 20);
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 1, &id), &err),
		VSX_OK);
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 1, NULL), &err),
		VSX_EINVAL);
	end();
}

Test(intake, refuses_more_rows_than_a_segment_holds)
{
	float rows[DIM] = {0};

	begin(1 << 20);
	cr_assert_eq(
		vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, 1, NULL), &err),
		VSX_OK);
	cr_assert_eq(vsx_intake_add(&in,
				    VSX_BATCH(rows, VSX_F32,
					      VSX_MAX_SEGMENT_ROWS, NULL),
				    &err),
		     VSX_EINVAL);
	cr_expect_str_eq(err.text, "2147483648 rows, but one build holds at "
				   "most 2147483647");
	end();
}

/* ---- rows that are left out -------------------------------------------- */

struct told {
	uint64_t rows[32], ids[32];
	size_t n, stop_at;
};

static int hear(void *context, const struct vsx_rejected *row)
{
	struct told *t = context;

	cr_expect(strstr(row->why, "NaN"), "%s", row->why);
	t->rows[t->n] = row->row;
	t->ids[t->n++] = row->id;
	return t->n == t->stop_at;
}

/* n rows, each of its own number; those of which 7 is a factor are bad. */
static enum vsx_status add_some(uint64_t first, size_t n, const uint64_t *ids)
{
	static float rows[100][DIM];

	for (size_t i = 0; i < n; i++)
		for (size_t d = 0; d < DIM; d++)
			rows[i][d] = (first + i) % 7 ? value(first + i) : NAN;
	return vsx_intake_add(&in, VSX_BATCH(rows, VSX_F32, n, ids), &err);
}

static void check_kept(size_t n, const struct told *t, uint64_t factor)
{
	const uint64_t *ids = vsx_spool_ids(&in.spool);
	size_t k = 0;

	cr_assert_eq(in.spool.n + t->n, n);
	cr_assert(in.spool.has_ids);
	for (uint64_t i = 0; i < n; i++) {
		float row[DIM];

		if (i % 7 == 0)
			continue;
		vsx_space_load(&space, row, vsx_spool_row(&in.spool, k));
		cr_expect_eq(row[DIM - 1], value(i));
		cr_expect_eq(ids[k++], i * factor);
	}
	for (size_t i = 0; i < t->n; i++) {
		cr_expect_eq(t->rows[i], 7 * i);
		cr_expect_eq(t->ids[i], 7 * i * factor);
	}
}

Test(intake, the_rows_beside_those_left_out_keep_their_numbers)
{
	static const size_t parts[] = {1, 6, 1, 3, 100, 14, 0, 5};
	static uint64_t ids[100];

	for (int given = 0; given < 2; given++) {
		struct told t = {.n = 0};
		uint64_t at = 0;

		begin(given ? 64 : 1 << 20); /* and out of memory */
		in.rejected = hear;
		in.rejected_context = &t;
		for (size_t p = 0; p < sizeof(parts) / sizeof(*parts); p++) {
			for (size_t i = 0; i < parts[p]; i++)
				ids[i] = (at + i) * 11;
			cr_assert_eq(add_some(at, parts[p], given ? ids : NULL),
				     VSX_OK, "%s", err.text);
			at += parts[p];
		}
		cr_expect_eq(in.n_seen, at);
		check_kept(at, &t, given ? 11 : 1);
		cr_expect_eq(add_some(at, 1, given ? NULL : ids), VSX_EINVAL);
		end();
	}
}

Test(intake, numbers_also_when_the_first_bad_row_comes_late)
{
	struct told t = {.n = 0};
	const uint64_t *ids;

	begin(1 << 20);
	in.rejected = hear;
	in.rejected_context = &t;
	cr_assert_eq(add_some(1, 6, NULL), VSX_OK);
	cr_expect_not(in.spool.has_ids);
	cr_assert_eq(add_some(7, 2, NULL), VSX_OK);
	cr_assert_eq(add_some(1, 2, NULL), VSX_OK);
	ids = vsx_spool_ids(&in.spool);
	cr_assert_eq(in.spool.n, 9);
	cr_expect_eq(t.n, 1);
	cr_expect_eq(t.rows[0], 6);
	for (uint64_t i = 0; i < 9; i++)
		cr_expect_eq(ids[i], i < 6 ? i : i + 1);
	end();
}

Test(intake, of_a_call_that_is_stopped_no_row_is_kept)
{
	struct told t = {.stop_at = 2};

	begin(1 << 20);
	in.rejected = hear;
	in.rejected_context = &t;
	cr_assert_eq(add_some(1, 6, NULL), VSX_OK);
	cr_expect_eq(add_some(0, 30, NULL), VSX_ESTOPPED);
	cr_expect_eq(in.spool.n, 6);
	cr_expect_eq(in.n_seen, 6);
	t = (struct told){.stop_at = 9};
	cr_assert_eq(add_some(7, 2, NULL), VSX_OK);
	cr_expect_eq(in.spool.n, 7);
	end();
}

static int stop(void *context, const struct vsx_rejected *row)
{
	(void)context;
	(void)row;
	return 1;
}

/* 100 rows, the last one with the id or the key of another. */
static enum vsx_status add_hundred(bool by_keys, size_t last)
{
	static const float rows[100][DIM];
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct vsx_bytes keys[100];
	uint64_t ids[100];

	for (size_t i = 0; i < 100; i++) {
		ids[i] = i < 99 ? i : last;
		keys[i] = (struct vsx_bytes){&ids[i], sizeof(ids[i])};
	}
	batch.n = 100;
	batch.vectors = rows;
	batch.elem = VSX_F32;
	if (by_keys)
		batch.keys = keys;
	else
		batch.ids = ids;
	return vsx_intake_add(&in, &batch, &err);
}

/* Nor what was known of it, so that it may come again. */
Test(intake, rows_of_a_call_that_was_stopped_may_come_again)
{
	for (int by_keys = 0; by_keys < 2; by_keys++) {
		begin(1 << 20);
		in.rejected = stop;
		for (int i = 0; i < 12; i++)
			cr_assert_eq(add_hundred(by_keys, 50), VSX_ESTOPPED);
		cr_assert_eq(add_hundred(by_keys, 99), VSX_OK, "%s", err.text);
		cr_expect_eq(in.spool.n, 100);
		cr_expect_eq(in.n_rejected, 0);
		cr_expect_eq(add_hundred(by_keys, 99), VSX_ESTOPPED);
		cr_expect_eq(in.spool.n, 100);
		end();
	}
}

/* ---- rows of an index ---------------------------------------------------- */

Test(intake, rows_of_an_index_stay_as_they_are_and_none_is_left_out)
{
	struct told t = {.n = 0};
	float row[DIM] = {3, 4, 12}, got[DIM];
	uint64_t id = 5;

	begin(1 << 20);
	in.normalize = true;
	in.rejected = hear;
	in.rejected_context = &t;
	cr_assert_eq(vsx_intake_add(&in, VSX_BATCH(row, VSX_F32, 1, &id), &err),
		     VSX_OK);
	id = 6;
	cr_assert_eq(vsx_intake_add_stored(&in, VSX_BATCH(row, VSX_F32, 1, &id),
					   &err),
		     VSX_OK);
	vsx_space_load(&space, got, vsx_spool_row(&in.spool, 0));
	cr_expect_float_eq(got[2], 12.0f / 13, 1e-6f);
	vsx_space_load(&space, got, vsx_spool_row(&in.spool, 1));
	cr_expect_arr_eq(got, row, sizeof(row));
	row[1] = NAN;
	cr_expect_eq(vsx_intake_add_stored(&in, VSX_BATCH(row, VSX_F32, 1, &id),
					   &err),
		     VSX_ENUMERIC);
	cr_expect_eq(t.n, 0);
	cr_expect_eq(in.spool.n, 2);
	cr_expect_eq(in.n_rejected, 0);
	end();
}

/* Memory that is asked for is counted by limits of the system, used or not. */
Test(intake, areas_ask_for_no_more_memory_than_they_may_have)
{
	const uint64_t limit = (UINT64_C(7) << 20) + 1, step = 100000;
	struct vsx_area area;

	begin(1);
	vsx_area_init(&area);
	for (uint64_t n = step; n <= 2 * limit; n += step) {
		cr_assert_eq(vsx_area_grow(&area, n, limit, &output, &err),
			     VSX_OK, "%s", err.text);
		cr_assert_geq(area.cap, n);
		area.base[n - 1] = 1;
		if (vsx_area_takes(n) > limit)
			cr_assert_geq(area.file.fd, 0);
		else
			cr_assert(area.file.fd < 0 && area.cap <= limit,
				  "%llu bytes", (unsigned long long)area.cap);
	}
	vsx_area_release(&area);
	end();
}
