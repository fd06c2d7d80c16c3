/* What a caller is told of the work, and whether it is to go on. */
#ifndef VSX_REPORT_H
#define VSX_REPORT_H

#include "train/job.h"
#include "vsx_write.h"
#include "write/claim.h"

/* One that is zeroed, but for `what`, tells nobody. */
struct vsx_report {
	vsx_build_report *tell; /* or NULL */
	void *context;
	const char *what; /* is stopped: "build", "repair" */
	bool stopped;	  /* the caller said so; it is told no more */
	bool training;
	double train_since, train_seconds; /* of phases of training */
};

/* tell, context: the caller's, or NULL; what: is reported on. */
static inline struct vsx_report vsx_report_to(vsx_build_report *tell,
					      void *context, const char *what)
{
	return (struct vsx_report){
		.tell = tell, .context = context, .what = what};
}

/* VSX_ESTOPPED when the caller wants no more. */
enum vsx_status vsx_report_progress(struct vsx_report *r,
				    const struct vsx_phase *phase,
				    uint64_t done, uint64_t total,
				    struct vsx_error *err);
enum vsx_status vsx_report_check(const struct vsx_report *r,
				 struct vsx_error *err);

void vsx_report_note(struct vsx_report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What "auto" tried, on what the text says. */
void vsx_report_tried(struct vsx_report *r, const struct vsx_tried *tried,
		      uint32_t n, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* He is told of it while another writer is at work, for at most ms. */
struct vsx_claim_wait vsx_report_wait(struct vsx_report *r, uint32_t ms);

/* A job of complete options, which tells its progress to the report. */
struct vsx_job vsx_report_job(struct vsx_report *r,
			      const struct vsx_build_opts *opts);

/* Seconds on a clock that only goes forward. */
double vsx_report_clock(void);

#endif
