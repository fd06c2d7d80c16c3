/* CSV, as one file has it. Private to input/. */
#ifndef VSX_INPUT_DOC_CSV_H
#define VSX_INPUT_DOC_CSV_H

struct csv;

/* The first lines have been looked at: ids are numbers if all of theirs are,
   else keys. */
void csv_decide(struct csv *csv);

void csv_free(struct csv *csv); /* accepts NULL */

#endif
