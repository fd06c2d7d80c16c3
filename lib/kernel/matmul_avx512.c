/* Products in the 32 registers of AVX-512: 8 by 2 of them are sums. */
#define BYTES	64
#define ROWS	8
#define VECTORS 2
#define ISA	"avx512"
#define TABLE	vsx_matmuls_avx512
#include "kernel/matmul_isa.h"
