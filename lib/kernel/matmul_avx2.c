/* Products in the 16 registers of AVX: 4 by 2 of them are sums. */
#define BYTES	32
#define ROWS	4
#define VECTORS 2
#define ISA	"avx2"
#define TABLE	vsx_matmuls_avx2
#include "kernel/matmul_isa.h"
