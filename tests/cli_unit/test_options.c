#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/options_help.h"

static struct {
	bool force;
	const char *index;
	struct cli_list tags;
	uint64_t threads;
	struct cli_counts ids;
	double recall;
	uint64_t memory;
	int metric;
	struct cli_list kinds;
} got;

static const char *const metrics[] = {"l2", "ip", "cosine", NULL};
static const char *const verbs[] = {"come", "go", NULL};
static struct cli_operands operands;

/* Run the parser over a line of words. */
static int parse(const char *line)
{
	static const char long_help[] =
		"a help text so long that it has to be wrapped, and more than "
		"once, because it goes on and on";
	const struct cli_option options[] = {
		CLI_GROUP("Index"),
		CLI_TEXT('i', "spec", "SPEC", long_help, &got.index),
		CLI_ALIAS("index", "spec"),
		CLI_CHOICE('m', "metric", "METRIC", "how near", &got.metric,
			   metrics),
		CLI_CHOICES(0, "kind", "KIND", "a kind", &got.kinds, metrics),
		CLI_REAL(0, "recall-that-is-wanted", "R", "the floor",
			 &got.recall, 0, 1),
		CLI_COUNTS(0, "id", "N", "an id", &got.ids, 0, UINT64_MAX),
		CLI_LIST(0, "tag", "TAG", "a tag", &got.tags),
		CLI_FLAG('f', "force", "overwrite", &got.force),
		CLI_GROUP("Common"),
		CLI_COUNT('t', "threads", "N", "threads", &got.threads, 1,
			  1024),
		CLI_SIZE(0, "memory", "SIZE", "memory", &got.memory, 1 << 20,
			 UINT64_MAX),
		CLI_END,
	};
	const struct cli_command command = {
		.name = "vsx-test",
		.version = "1.2.3",
		.usage = "INPUT... -o INDEX [OPTION]...",
		.about = "Does nothing, but does it well.",
		.needs = "an INPUT",
		.more = "Levels\n  none\n",
		.examples = "  vsx-test x\n",
		.verbs = verbs,
		.min_operands = 1,
		.max_operands = 2,
		.options = options,
	};
	static char words[1024];
	static char *argv[64];
	int argc = 0;

	snprintf(words, sizeof(words), "vsx-test %s", line);
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	memset(&got, 0, sizeof(got));
	memset(&operands, 0, sizeof(operands));
	return cli_parse(&command, argc, argv, &operands);
}

static void redirect(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
}

TestSuite(options, .init = redirect);

/* Refused with exit code 2, one line on standard error and none on output. */
static void refused(const char *line, const char *text)
{
	char due[512];

	cr_assert_eq(parse(line), 2, "%s", line);
	snprintf(due, sizeof(due), "vsx-test: error: %s\n", text);
	fflush(stderr);
	fflush(stdout);
	cr_assert_stderr_eq_str(due);
	cr_assert_stdout_eq_str("");
}

Test(options, stores_every_type)
{
	cr_assert_eq(parse("a --spec HNSW32 -m ip -f --threads=12 --id 3 "
			   "--id=18446744073709551615 --memory 2G --tag x "
			   "--tag y --recall-that-is-wanted .95 b"),
		     CLI_GO_ON);
	cr_assert_str_eq(got.index, "HNSW32");
	cr_assert_eq(got.metric, 1);
	cr_assert(got.force);
	cr_assert_eq(got.threads, 12);
	cr_assert_eq(got.ids.n, 2);
	cr_assert_eq(got.ids.items[0], 3);
	cr_assert_eq(got.ids.items[1], UINT64_MAX);
	cr_assert_eq(got.memory, 2ull << 30);
	cr_assert_eq(got.tags.n, 2);
	cr_assert_str_eq(got.tags.items[0], "x");
	cr_assert_str_eq(got.tags.items[1], "y");
	cr_assert(got.recall == 0.95);
	cr_assert_eq(operands.n, 2);
	cr_assert_str_eq(operands.items[0], "a");
	cr_assert_str_eq(operands.items[1], "b");
	free(got.ids.items);
	free(got.tags.items);
}

Test(options, keeps_defaults)
{
	cr_assert_eq(parse("a"), CLI_GO_ON);
	cr_assert(!got.force && !got.index && got.metric == 0 &&
		  got.threads == 0 && got.ids.n == 0);
}

Test(options, takes_the_last_of_two)
{
	cr_assert_eq(parse("a -t 3 --threads 4 -t5"), CLI_GO_ON);
	cr_assert_eq(got.threads, 5);
}

Test(options, understands_an_older_name)
{
	cr_assert_eq(parse("a --index HNSW32"), CLI_GO_ON);
	cr_assert_str_eq(got.index, "HNSW32");
	cr_assert_eq(parse("a --index=Flat"), CLI_GO_ON);
	cr_assert_str_eq(got.index, "Flat");
}

Test(options, takes_words_in_any_case)
{
	cr_assert_eq(parse("a -m CoSine --kind IP --kind l2"), CLI_GO_ON);
	cr_assert_eq(got.metric, 2);
	cr_assert_eq(got.kinds.n, 2);
	cr_assert_str_eq(got.kinds.items[0], "ip");
	cr_assert_str_eq(got.kinds.items[1], "l2");
	free(got.kinds.items);
}

Test(options, collects_many)
{
	char line[1024] = "a";

	for (int i = 0; i < 25; i++)
		sprintf(line + strlen(line), " --id %d", i);
	cr_assert_eq(parse(line), CLI_GO_ON);
	cr_assert_eq(got.ids.n, 25);
	for (uint64_t i = 0; i < 25; i++)
		cr_assert_eq(got.ids.items[i], i);
	free(got.ids.items);
}

Test(options, takes_abbreviations)
{
	cr_assert_eq(parse("a --thr 7"), CLI_GO_ON);
	cr_assert_eq(got.threads, 7);
}

Test(options, ends_at_two_dashes_and_takes_one_for_an_operand)
{
	cr_assert_eq(parse("- -- -f"), CLI_GO_ON);
	cr_assert_eq(operands.n, 2);
	cr_assert_str_eq(operands.items[0], "-");
	cr_assert_str_eq(operands.items[1], "-f");
	cr_assert(!got.force);
}

Test(options, reads_sizes)
{
	static const struct {
		const char *line;
		uint64_t due;
	} cases[] = {
		{"a --memory 1048576", 1ull << 20},
		{"a --memory 1024K", 1ull << 20},
		{"a --memory 512M", 512ull << 20},
		{"a --memory 3g", 3ull << 30},
		{"a --memory 2GB", 2ull << 30},
		{"a --memory 2GiB", 2ull << 30},
		{"a --memory 16777215T", 16777215ull << 40},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cr_assert_eq(parse(cases[i].line), CLI_GO_ON);
		cr_assert_eq(got.memory, cases[i].due);
	}
}

#define REFUSES(name, line, text)                                              \
	Test(options, name)                                                    \
	{                                                                      \
		refused(line, text);                                           \
	}

#define SEE    " (see vsx-test --help)"
#define NUMBER " is not a number from 1 to 1024"
#define SIZE   " is not a size like 512M or 2G of at least 1.00 MiB"
REFUSES(refuses_a_word_for_a_number, "a --threads x", "--threads 'x'" NUMBER)
REFUSES(refuses_a_number_below_its_range, "a -t 0", "--threads '0'" NUMBER)
REFUSES(refuses_a_number_above_its_range, "a -t 1025",
	"--threads '1025'" NUMBER)
REFUSES(refuses_a_negative_number, "a -t -1", "--threads '-1'" NUMBER)
REFUSES(refuses_a_sign, "a -t +1", "--threads '+1'" NUMBER)
REFUSES(refuses_a_fraction, "a -t 1.5", "--threads '1.5'" NUMBER)
REFUSES(refuses_hexadecimal, "a -t 0x10", "--threads '0x10'" NUMBER)
REFUSES(refuses_an_empty_number, "a --threads=", "--threads ''" NUMBER)
REFUSES(refuses_a_number_beyond_64_bits, "a --id 18446744073709551616",
	"--id '18446744073709551616' is not a number from 0 to "
	"18446744073709551615")
REFUSES(refuses_a_size_below_its_range, "a --memory 1023K",
	"--memory '1023K'" SIZE)
REFUSES(refuses_an_unknown_unit, "a --memory 5X", "--memory '5X'" SIZE)
REFUSES(refuses_a_tail_of_a_unit, "a --memory 5Gx", "--memory '5Gx'" SIZE)
REFUSES(refuses_a_size_beyond_64_bits, "a --memory 16777216T",
	"--memory '16777216T'" SIZE)
REFUSES(refuses_a_real_out_of_range, "a --recall-that-is-wanted 1.01",
	"--recall-that-is-wanted '1.01' is not a number from 0 to 1")
REFUSES(refuses_nan, "a --recall-that-is-wanted nan",
	"--recall-that-is-wanted 'nan' is not a number from 0 to 1")
REFUSES(refuses_another_word, "a -m l3",
	"--metric 'l3' is not one of l2 ip cosine")
REFUSES(refuses_an_unknown_option, "a --frobnicate",
	"unknown option '--frobnicate'" SEE)
REFUSES(refuses_an_unknown_letter, "a -fx", "unknown option '-x'" SEE)
REFUSES(suggests_the_nearest_option, "a --treads 3",
	"unknown option '--treads'; did you mean --threads?" SEE)
REFUSES(suggests_for_letters_that_changed_places, "a --thraeds 3",
	"unknown option '--thraeds'; did you mean --threads?" SEE)
REFUSES(suggests_for_a_part_too_many, "a --num-threads=3",
	"unknown option '--num-threads=3'; did you mean --threads?" SEE)
REFUSES(suggests_for_a_part_too_few, "a --wanted 1",
	"unknown option '--wanted'; did you mean --recall-that-is-wanted?" SEE)
REFUSES(suggests_the_name_of_now, "a --idnex 3",
	"unknown option '--idnex'; did you mean --spec?" SEE)
REFUSES(suggests_what_every_command_has, "a --hlep",
	"unknown option '--hlep'; did you mean --help?" SEE)
REFUSES(suggests_two_dashes, "a -recall-that-is-wanted 3",
	"unknown option '-recall-that-is-wanted'; did you mean "
	"--recall-that-is-wanted?" SEE)
REFUSES(suggests_the_letter_in_the_other_case, "a -M ip",
	"unknown option '-M'; did you mean -m?" SEE)
REFUSES(suggests_the_nearest_word, "a -m cosin",
	"--metric 'cosin' is not one of l2 ip cosine; did you mean cosine?")
REFUSES(refuses_a_word_of_a_list, "a --kind l2 --kind cosnie",
	"--kind 'cosnie' is not one of l2 ip cosine; did you mean cosine?")
REFUSES(refuses_an_ambiguous_option, "a --me 3",
	"'--me' matches more than one option: --metric, --memory" SEE)
REFUSES(refuses_a_value_for_a_flag, "a --force=1", "--force takes no value" SEE)
REFUSES(refuses_a_missing_value, "a --threads", "--threads needs N" SEE)
REFUSES(refuses_a_missing_value_of_a_letter, "a -m",
	"--metric needs METRIC" SEE)
REFUSES(refuses_too_few_operands, "-f", "needs an INPUT" SEE)
REFUSES(refuses_too_many_operands, "a b c", "unexpected argument 'c'" SEE)
REFUSES(cannot_be_made_to_break_the_line, "a --frob\nnicate\x1b[2J",
	"unknown option '--frob?nicate?[2J'" SEE)

Test(options, prints_the_version)
{
	cr_assert_eq(parse("--version"), 0);
	cr_assert_stdout_eq_str("vsx-test 1.2.3\n");
}

Test(options, prints_help)
{
	cr_assert_eq(parse("-h"), 0);
	cr_assert_stdout_eq_str(
		"usage: vsx-test INPUT... -o INDEX [OPTION]...\n"
		"\n"
		"Does nothing, but does it well.\n"
		"\n"
		"Index\n"
		"  -i, --spec SPEC          a help text so long that it has to "
		"be wrapped, and\n"
		"                           more than once, because it goes on "
		"and on\n"
		"  -m, --metric METRIC      how near: l2, ip, cosine\n"
		"      --kind KIND          a kind: l2, ip, cosine\n"
		"      --recall-that-is-wanted R\n"
		"                           the floor\n"
		"      --id N               an id\n"
		"      --tag TAG            a tag\n"
		"  -f, --force              overwrite\n"
		"\n"
		"Common\n"
		"  -t, --threads N          threads\n"
		"      --memory SIZE        memory\n"
		"  -h, --help               print this and exit\n"
		"  -V, --version            print the version and exit\n"
		"\n"
		"Levels\n"
		"  none\n"
		"\n"
		"Examples\n"
		"  vsx-test x\n"
		"\n"
		"Exit status: 0 done, 1 the data has a problem, 2 wrong usage "
		"or bad input, 3\n"
		"system error, 4 not a VSX file or a newer version of one, "
		"130 stopped.\n");
}

Test(options, prints_itself_for_completion)
{
	cr_assert_eq(parse("--print-options"), 0);
	cr_assert_stdout_eq_str(
		"spec\ti\tSPEC\tauto|Flat|IVF|IVF256,Flat|IVF1024,Flat|"
		"IVF4096,Flat|HNSW|HNSW16|HNSW32|HNSW32,SQ8|HNSW32,SQ8,G32|"
		"PCA64,IVF,SQ8|OPQ16,IVF,PQ16|IVF,PQ32x4fs"
		"\ta help text so long that it has to be wrapped, and more than once, because it goes on and on\n"
		"metric\tm\tMETRIC\tl2|ip|cosine\thow near\n"
		"kind\t-\tKIND\tl2|ip|cosine\ta kind\n"
		"recall-that-is-wanted\t-\tR\t-\tthe floor\n"
		"id\t-\tN\t-\tan id\n"
		"tag\t-\tTAG\t-\ta tag\n"
		"force\tf\t-\t-\toverwrite\n"
		"threads\tt\tN\t-\tthreads\n"
		"memory\t-\tSIZE\t-\tmemory\n"
		"-\t-\tCOMMAND\tcome|go\twhat to do\n"
		"help\th\t-\t-\tprint this and exit\n"
		"version\tV\t-\t-\tprint the version and exit\n");
}
