// The C headers as C++17 sees them: they compile, link and can be wrapped.
#include <vsx.h>
#include <vsx_write.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Close {
	void operator()(vsx *index) const { vsx_close(index); }
	void operator()(vsx_searcher *s) const { vsx_searcher_free(s); }
	void operator()(vsx_builder *b) const { vsx_builder_free(b); }
};

void check(vsx_status status, const vsx_error &err)
{
	if (status != VSX_OK)
		throw std::runtime_error(err.text);
}

void build(const std::string &path, const std::vector<float> &rows)
{
	vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	vsx_batch batch = VSX_BATCH_INIT;
	vsx_builder *builder = nullptr;
	vsx_error err{};

	opts.dim = 2;
	opts.force = 1;
	check(vsx_builder_new(&builder, path.c_str(), &opts, &err), err);
	std::unique_ptr<vsx_builder, Close> owner(builder);
	batch.n = rows.size() / 2;
	batch.vectors = rows.data();
	check(vsx_builder_add(builder, &batch, &err), err);
	check(vsx_builder_finish(builder, nullptr, &err), err);
}

std::uint64_t nearest(const std::string &path, const std::vector<float> &query)
{
	vsx_open_opts open = VSX_OPEN_OPTS_INIT;
	vsx_search_opts search = VSX_SEARCH_OPTS_INIT;
	vsx_searcher *searcher = nullptr;
	vsx *index = nullptr;
	vsx_error err{};
	vsx_hit hit{};
	std::size_t n = 0;

	check(vsx_open(&index, path.c_str(), &open, &err), err);
	std::unique_ptr<vsx, Close> index_owner(index);
	check(vsx_searcher_new(&searcher, index, &err), err);
	std::unique_ptr<vsx_searcher, Close> searcher_owner(searcher);
	check(vsx_search(searcher, query.data(), VSX_F32, 1, &search, &hit, &n,
			 &err),
	      err);
	return n == 1 ? hit.id : UINT64_MAX;
}

} // namespace

int main(int argc, char **argv)
{
	vsx_verify_opts verify = VSX_VERIFY_OPTS_INIT;

	(void)verify;
	if (argc != 2)
		return 2;
	try {
		build(argv[1], { 0, 0, 1, 0, 2, 0, 2, 2 });
		if (nearest(argv[1], { 1.9f, 0.1f }) != 2)
			return 5;
	} catch (const std::exception &e) {
		std::cerr << e.what() << '\n';
		return 1;
	}
	std::cout << "consumer: ok\n";
	return 0;
}
