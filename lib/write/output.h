/*
 * A file that appears at once and whole, or not at all: written under a
 * temporary name in the same folder, synced, renamed, and the folder synced.
 * SPEC.md section 7.
 */
#ifndef VSX_OUTPUT_H
#define VSX_OUTPUT_H

#include "write/access.h"
#include "write/claim.h"

struct vsx_output {
	const struct vsx_file_ops *ops;
	char *path;   /* as the caller named it: for messages */
	char *target; /* where the file goes: links followed */
	char *folder;
	char *temp; /* NULL while there is none */
	bool force;
	struct vsx_claim own;
	const struct vsx_claim *claim; /* of the file that is replaced: own, or
					  the caller's; NULL: there was none */
	struct vsx_file file;	       /* the temporary file */
	char note[VSX_ACCESS_NOTE_TEXT]; /* what the new file does not have of
					    the one it replaced, or "" */
};

/*
 * Check that `path` can be made, and remove what killed writers of it left:
 * VSX_EEXIST when it is there and not to be replaced (force), VSX_EINVAL when
 * it is no regular file. Makes nothing yet.
 */
enum vsx_status vsx_output_init(struct vsx_output *o, const char *path,
				bool force, const struct vsx_file_ops *ops,
				struct vsx_error *err);

/*
 * An input is read until the end: VSX_EINVAL if the output is the same file, by
 * whatever name. One that is not there is no other's.
 */
enum vsx_status vsx_output_differs(const char *path, const char *input,
				   struct vsx_error *err);
enum vsx_status vsx_output_differs_fd(const char *path, int input,
				      struct vsx_error *err);

/* For scratch files in the folder of a file that stays: nothing is published.
 */
enum vsx_status vsx_output_beside(struct vsx_output *o, const char *path,
				  const struct vsx_file_ops *ops,
				  struct vsx_error *err);

/* Where the file goes; valid as long as the output. */
struct vsx_place vsx_output_place(const struct vsx_output *o);

/* Hold off other writers of a file that is to be replaced, if there is one. */
enum vsx_status vsx_output_claim(struct vsx_output *o,
				 const struct vsx_claim_wait *wait,
				 struct vsx_error *err);

/*
 * Make the temporary file. Its mode is that of a new file, or 0600 until it
 * takes another one's place.
 */
enum vsx_status vsx_output_open(struct vsx_output *o, struct vsx_error *err);

/*
 * An unnamed file in the same folder, for what does not fit in memory; it is
 * gone when it is closed.
 */
enum vsx_status vsx_output_scratch(const struct vsx_output *o,
				   struct vsx_file *out, struct vsx_error *err);

/*
 * Put the temporary file, complete and synced, in place. A file that is
 * replaced hands on its owner, group, mode and access list; o->note says what
 * it could not. When only the sync of the folder fails the new file is in
 * place, and the text says so.
 */
enum vsx_status vsx_output_publish(struct vsx_output *o, struct vsx_error *err);

/* Remove what was not published. Accepts a zeroed structure. */
void vsx_output_release(struct vsx_output *o);

#endif
