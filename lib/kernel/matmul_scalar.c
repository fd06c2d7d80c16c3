/* Products in registers of 16 bytes, which baseline x86-64 and AArch64 have;
 * elsewhere the compiler makes them of single numbers. */
#define BYTES	16
#define ROWS	4
#define VECTORS 2
#define ISA	"scalar"
#define TABLE	vsx_matmuls_scalar
#include "kernel/matmul_isa.h"
