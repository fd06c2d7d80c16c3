#include "nearest.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace peer
{

namespace
{

constexpr int LANES = 16;

typedef float floats __attribute__((vector_size(4 * LANES)));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));

} // namespace

nearest::nearest(size_t dim) : faiss::Index((idx_t)dim)
{
}

void nearest::add(idx_t n, const float *x)
{
	if (ntotal || n % LANES)
		throw std::logic_error("16 or 256 words are added at once");
	words.resize((size_t)(n * (d + 1)));
	for (idx_t i = 0; i < n; i++) {
		float *word =
			words.data() + i / LANES * LANES * (d + 1) + i % LANES;
		float squares = 0.0f;

		for (int e = 0; e < d; e++) {
			const float at = x[i * d + e];

			word[(e + 1) * LANES] = at;
			squares += at * at;
		}
		word[0] = squares / 2;
	}
	ntotal = n;
}

void nearest::reset()
{
	ntotal = 0;
}

void nearest::search(idx_t n, const float *x, idx_t k, float *distances,
		     idx_t *labels, const faiss::SearchParameters *) const
{
	if (k != 1)
		throw std::logic_error("one nearest word");
	for (idx_t q = 0; q < n; q++) {
		const float *at = words.data();
		const float *query = x + q * d;
		floats least = floats{} + INFINITY;
		ints block = {};
		float squares = 0.0f;
		int best = 0;

		for (idx_t i = 0; i < ntotal; i += LANES) {
			floats away, word;

			std::memcpy(&away, at, sizeof(away));
			for (int e = 0; e < d; e++) {
				at += LANES;
				std::memcpy(&word, at, sizeof(word));
				away -= query[e] * word;
			}
			at += LANES;
			const ints nearer = away < least;

			block = nearer ? ints{} + (int)i : block;
			least = nearer ? away : least;
		}
		for (int l = 1; l < LANES; l++)
			if (least[l] < least[best] ||
			    (least[l] == least[best] && block[l] < block[best]))
				best = l;
		for (int e = 0; e < d; e++)
			squares += query[e] * query[e];
		distances[q] = squares + 2 * least[best];
		labels[q] = block[best] + best;
	}
}

quantizer::quantizer(size_t dim, size_t m)
    : faiss::ProductQuantizer(dim, m, 8), words(dsub)
{
	assign_index = &words;
}

void quantizer::compute_codes(const float *x, uint8_t *codes, size_t n) const
{
	std::vector<float> part(n * dsub), distances(n);
	std::vector<faiss::Index::idx_t> labels(n);

	for (size_t j = 0; j < M; j++) {
		nearest of(dsub);

		for (size_t i = 0; i < n; i++)
			std::memcpy(&part[i * dsub], x + i * d + j * dsub,
				    dsub * sizeof(float));
		of.add((faiss::Index::idx_t)ksub, get_centroids(j, 0));
		of.search((faiss::Index::idx_t)n, part.data(), 1,
			  distances.data(), labels.data(), nullptr);
		for (size_t i = 0; i < n; i++)
			codes[i * M + j] = (uint8_t)labels[i];
	}
}

} // namespace peer
