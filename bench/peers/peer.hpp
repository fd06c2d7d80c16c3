/*
 * What the peers have in common. Each keeps its structures in an anonymous
 * namespace, as the linker would take two destructors of one name for the
 * same, and hands them out as the opaque ones of engine.h.
 */
#ifndef VSX_BENCH_PEER_HPP
#define VSX_BENCH_PEER_HPP

#include "bench/engine/engine.h"

extern "C" {
#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
}

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <malloc.h>
#include <sys/stat.h>

namespace peer
{

/* Ctrl-C. */
struct stopped {
};

inline void stop_if_asked()
{
	if (interrupted())
		throw stopped();
}

/* To be called in a catch block: what was thrown, as an error. */
inline vsx_status failure(vsx_error *err, const char *engine, const char *spec)
{
	try {
		throw;
	} catch (const stopped &) {
		return tool_fail(err, VSX_ESTOPPED, "interrupted");
	} catch (const std::bad_alloc &) {
		return tool_fail(err, VSX_ENOMEM, "%s %.80s: out of memory",
				 engine, spec);
	} catch (const std::exception &e) {
		const char *why = e.what(), *place = strstr(why, ".cpp:");

		/* Without the place in the library, "at FILE.cpp:LINE: ". */
		if (place && (place = strstr(place + 5, ": ")))
			why = place + 2;
		return tool_fail(err, VSX_EINVAL, "%s %.80s: %.200s", engine,
				 spec, why);
	}
}

/* To length 1; a zero vector stays what it is. */
inline void normalise(float *to, const float *from, size_t dim)
{
	double sum = 0;

	for (size_t j = 0; j < dim; j++)
		sum += (double)from[j] * from[j];
	const float scale = sum > 0 ? (float)(1 / std::sqrt(sum)) : 0;
	for (size_t j = 0; j < dim; j++)
		to[j] = from[j] * scale;
}

class stopwatch
{
	using clock = std::chrono::steady_clock;
	const clock::time_point start = clock::now();

      public:
	double seconds() const
	{
		return std::chrono::duration<double>(clock::now() - start)
			.count();
	}
};

/* Bytes allocated now, by all threads. */
inline uint64_t heap_bytes()
{
	const struct mallinfo2 now = mallinfo2();

	return now.uordblks + now.hblkhd;
}

/* 0 when it is not there. */
inline uint64_t file_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

} // namespace peer

#endif
