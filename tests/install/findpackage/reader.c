/* A reader alone: nothing of the builder is linked. */
#include <stdio.h>

#include <vsx.h>

int main(int argc, char **argv)
{
	struct vsx_error err;
	struct vsx *index;

	if (argc != 2)
		return 2;
	if (vsx_open(&index, argv[1], NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	vsx_close(index);
	puts("reader: ok");
	return 0;
}
