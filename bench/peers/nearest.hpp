/*
 * The nearest of a few vectors, for FAISS to train product quantisers with:
 * Debian's is built for any x86-64, and takes an hour for what this does in a
 * few minutes. The same words are found, but for what floats round.
 */
#ifndef VSX_BENCH_NEAREST_HPP
#define VSX_BENCH_NEAREST_HPP

#include <cstddef>
#include <vector>

#include <faiss/Index.h>
#include <faiss/impl/ProductQuantizer.h>

namespace peer
{

struct nearest : faiss::Index {
	explicit nearest(size_t dim);

	void add(idx_t n, const float *x) override;
	void search(idx_t n, const float *x, idx_t k, float *distances,
		    idx_t *labels,
		    const faiss::SearchParameters *how) const override;
	void reset() override;

      private:
	/* 16 by 16: half of their squared lengths, then [d] components. */
	std::vector<float> words;
};

/* A quantiser that codes by them, too. */
struct quantizer : faiss::ProductQuantizer {
	quantizer(size_t dim, size_t m);

	void compute_codes(const float *x, uint8_t *codes,
			   size_t n) const override;

      private:
	nearest words;
};

} // namespace peer

#endif
