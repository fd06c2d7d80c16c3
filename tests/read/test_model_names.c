/* Whether two models are the same one, by all that is known of them. */
#include <criterion/criterion.h>

#include "read/model.h"

TestSuite(model_names, .timeout = 60);

static void is(struct vsx_model a, struct vsx_model b,
	       enum vsx_model_relation due)
{
	cr_expect_eq(vsx_model_compare(&a, &b), due, "%s (%s) and %s (%s)",
		     a.name, a.aliases, b.name, b.aliases);
	cr_expect_eq(vsx_model_compare(&b, &a), due, "%s (%s) and %s (%s)",
		     b.name, b.aliases, a.name, a.aliases);
}

#define MODEL(...)                                                             \
	(struct vsx_model)                                                     \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

Test(model_names, meet_in_any_of_their_names)
{
	struct vsx_model x = MODEL(.name = "x");

	is(x, x, VSX_MODEL_SAME);
	is(x, MODEL(.name = "xy"), VSX_MODEL_OTHER_NAME);
	is(x, MODEL(.name = "y", .aliases = "x"), VSX_MODEL_SAME);
	is(x, MODEL(.name = "y", .aliases = "a,x,b"), VSX_MODEL_SAME);
	is(x, MODEL(.name = "y", .aliases = "a,b,x"), VSX_MODEL_SAME);
	is(x, MODEL(.name = "y", .aliases = "xx,ax,xa"), VSX_MODEL_OTHER_NAME);
	is(MODEL(.name = "y", .aliases = "a,x"),
	   MODEL(.name = "z", .aliases = "b,x"), VSX_MODEL_SAME);
	is(MODEL(.name = "y", .aliases = "a,q"),
	   MODEL(.name = "z", .aliases = "b,x"), VSX_MODEL_OTHER_NAME);
}

/* Between two commas, or at an end, there is no name. */
Test(model_names, that_are_empty_do_not_meet)
{
	static const char *const lists[] = {",", "a,", ",a", "a,,b", ",,"};
	static const char *const others[] = {",", "k,", ",k", "k,,l", ",,"};

	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++)
			is(MODEL(.name = "x", .aliases = lists[i]),
			   MODEL(.name = "y", .aliases = others[j]),
			   VSX_MODEL_OTHER_NAME);
	is(MODEL(.name = "x", .aliases = ",,y"), MODEL(.name = "y"),
	   VSX_MODEL_SAME);
}

Test(model_names, count_less_than_hashes)
{
	struct vsx_model x = MODEL(.name = "x", .hash = "1");

	is(x, x, VSX_MODEL_SAME);
	is(x, MODEL(.name = "x", .hash = "2"), VSX_MODEL_OTHER_HASH);
	is(x, MODEL(.name = "y", .hash = "1"), VSX_MODEL_RENAMED);
	is(x, MODEL(.name = "y", .hash = "1", .aliases = "x"), VSX_MODEL_SAME);
	is(x, MODEL(.hash = "1"), VSX_MODEL_SAME);
	is(MODEL(.hash = "1"), MODEL(.hash = "1"), VSX_MODEL_SAME);
	/* Nothing that both of them say. */
	is(x, MODEL(.name = "x"), VSX_MODEL_SAME);
	is(x, MODEL(.name = "y"), VSX_MODEL_OTHER_NAME);
	is(MODEL(.hash = "1"), MODEL(.name = "x"), VSX_MODEL_UNKNOWN);
	is(x, MODEL(.name = NULL), VSX_MODEL_UNKNOWN);
	is(MODEL(.name = NULL), MODEL(.name = NULL), VSX_MODEL_UNKNOWN);
}
