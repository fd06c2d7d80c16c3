/* vsx-bench: VSX alone. bench/peers/ sets other libraries beside it. */
#include "bench/engine/engine.h"

int main(int argc, char **argv)
{
	return bench_main(argc, argv, NULL);
}
