/*
 * The loops of matmul.h, for one type and one width of registers. A file for an
 * instruction set includes this once for each type, having defined
 *
 *	REAL	float or double
 *	NAME(x)	what its functions are called
 *	BYTES	of a register
 *	ROWS	rows of a tile of sums that is held in registers,
 *	VECTORS	and registers of each
 */
#define LANES ((uint32_t)(BYTES / sizeof(REAL)))
#define WIDE  (VECTORS * LANES)
/* Rows of b that a panel holds: at most 16 KB, beside which a fits the L1. */
#define DEEP 64

#define VECTOR NAME(vector)
#define TILE   NAME(tile)
#define EDGE   NAME(edge)
#define BLOCK  NAME(block)
#define ROW    NAME(row)

/* Of any alignment that a component has. */
typedef REAL VECTOR
	__attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));

#define LOAD(p)	    (*(const VECTOR *)(p))
#define STORE(p, x) (*(VECTOR *)(p) = (x))

/* A tile of n rows, n a constant, and WIDE columns: c += a panel. */
static inline __attribute__((always_inline)) void TILE(const REAL *a,
						       size_t a_stride,
						       const int n, uint32_t k,
						       const REAL *panel,
						       REAL *c, size_t c_stride)
{
	VECTOR sum[ROWS][VECTORS];

#pragma GCC unroll 16
	for (int r = 0; r < n; r++)
#pragma GCC unroll 4
		for (int v = 0; v < VECTORS; v++)
			sum[r][v] = LOAD(c + (size_t)r * c_stride +
					 (size_t)v * LANES);
	for (uint32_t i = 0; i < k; i++, panel += WIDE) {
		VECTOR b[VECTORS];

#pragma GCC unroll 4
		for (int v = 0; v < VECTORS; v++)
			b[v] = LOAD(panel + (size_t)v * LANES);
#pragma GCC unroll 16
		for (int r = 0; r < n; r++) {
			REAL x = a[(size_t)r * a_stride + i];

#pragma GCC unroll 4
			for (int v = 0; v < VECTORS; v++)
				sum[r][v] += x * b[v];
		}
	}
#pragma GCC unroll 16
	for (int r = 0; r < n; r++)
#pragma GCC unroll 4
		for (int v = 0; v < VECTORS; v++)
			STORE(c + (size_t)r * c_stride + (size_t)v * LANES,
			      sum[r][v]);
}

/* The same of up to ROWS rows and of `wide` columns, by way of a tile that has
 * room for all of them. */
static void EDGE(const REAL *a, size_t a_stride, uint32_t n, uint32_t k,
		 const REAL *panel, uint32_t wide, REAL *c, size_t c_stride)
{
	REAL tile[ROWS * WIDE] = {0};

	for (uint32_t r = 0; r < n; r++)
		memcpy(tile + r * WIDE, c + r * c_stride, wide * sizeof(REAL));
	if (n == ROWS)
		TILE(a, a_stride, ROWS, k, panel, tile, WIDE);
	else
		for (uint32_t r = 0; r < n; r++)
			TILE(a + r * a_stride, 0, 1, k, panel, tile + r * WIDE,
			     WIDE);
	for (uint32_t r = 0; r < n; r++)
		memcpy(c + r * c_stride, tile + r * WIDE, wide * sizeof(REAL));
}

/* Up to DEEP components of all rows and up to WIDE columns. */
static void BLOCK(const REAL *a, size_t a_stride, uint32_t n, uint32_t k,
		  const REAL *b, size_t b_stride, uint32_t wide, REAL *c,
		  size_t c_stride)
{
	REAL panel[DEEP * WIDE] __attribute__((aligned(64)));
	uint32_t r = 0;

	for (uint32_t i = 0; i < k; i++) {
		REAL *line = panel + i * WIDE;

		memcpy(line, b + i * b_stride, wide * sizeof(REAL));
		for (uint32_t j = wide; j < WIDE; j++)
			line[j] = 0;
	}
	if (wide == WIDE)
		for (; r + ROWS <= n; r += ROWS)
			TILE(a + r * a_stride, a_stride, ROWS, k, panel,
			     c + r * c_stride, c_stride);
	for (; r < n; r += ROWS)
		EDGE(a + r * a_stride, a_stride, n - r < ROWS ? n - r : ROWS, k,
		     panel, wide, c + r * c_stride, c_stride);
}

/* One row of a: b is read once, from its first byte to its last, eight rows of
 * it beside each other. */
static void ROW(const REAL *a, uint32_t k, const REAL *b, size_t b_stride,
		uint32_t d, REAL *c)
{
	uint32_t i = 0, j;

	for (; i + 8 <= k; i += 8, b += 8 * b_stride) {
		for (j = 0; j + LANES <= d; j += LANES) {
			VECTOR sum = LOAD(c + j);

#pragma GCC unroll 8
			for (uint32_t e = 0; e < 8; e++)
				sum += a[i + e] * LOAD(b + e * b_stride + j);
			STORE(c + j, sum);
		}
		for (; j < d; j++)
			for (uint32_t e = 0; e < 8; e++)
				c[j] += a[i + e] * b[e * b_stride + j];
	}
	for (; i < k; i++, b += b_stride) {
		for (j = 0; j + LANES <= d; j += LANES)
			STORE(c + j, LOAD(c + j) + a[i] * LOAD(b + j));
		for (; j < d; j++)
			c[j] += a[i] * b[j];
	}
}

static void NAME(matmul)(const REAL *a, size_t a_stride, uint32_t n, uint32_t k,
			 const REAL *b, size_t b_stride, uint32_t d, REAL *c,
			 size_t c_stride)
{
	uint32_t some, wide;

	/* A panel of b costs more than it saves; or there is one pass over c.
	 */
	if (n < ROWS || k < 4) {
		for (uint32_t r = 0; r < n; r++)
			ROW(a + r * a_stride, k, b, b_stride, d,
			    c + r * c_stride);
		return;
	}
	for (uint32_t i = 0; i < k; i += some) {
		some = k - i < DEEP ? k - i : DEEP;
		for (uint32_t j = 0; j < d; j += wide) {
			wide = d - j < WIDE ? d - j : WIDE;
			BLOCK(a + i, a_stride, n, some, b + i * b_stride + j,
			      b_stride, wide, c + j, c_stride);
		}
	}
}

#undef VECTOR
#undef TILE
#undef EDGE
#undef BLOCK
#undef ROW
#undef LANES
#undef WIDE
#undef DEEP
#undef LOAD
#undef STORE
