# Reads runs.tsv of compare.sh: pass, side, program, name, unit, value. Writes
# program, name, unit, median before, median now, change, verdict ("better",
# "worse", "new", "gone", or nothing where it does not differ), half of the
# middle half of the runs before.
# -v passes=2: what differs in the first pass must do so in the second.
BEGIN {
	FS = OFS = "\t"
	P = 0.01
}
{
	key = $4
	if (!(key in unit)) {
		order[++n_keys] = key
		program[key] = $3
		unit[key] = $5
	}
	value[$1, $2, key, ++count[$1, $2, key]] = $6
}

# The runs of a side in one pass, or in both, sorted, in x[1 .. n]; returns n.
function runs(x, side, key, first, last,	pass, i, j, n, v)
{
	n = 0
	for (pass = first; pass <= last; pass++) {
		if (!((pass, side, key) in count))
			continue # to look at it would make it
		for (i = 1; i <= count[pass, side, key]; i++) {
			v = value[pass, side, key, i]
			for (j = n++; j > 0 && x[j] > v; j--)
				x[j + 1] = x[j]
			x[j + 1] = v
		}
	}
	return n
}

function quantile(x, n, q,	at, low)
{
	at = 1 + (n - 1) * q
	low = int(at)
	return low >= n ? x[n] : x[low] + (at - low) * (x[low + 1] - x[low])
}

# How many of the orders of m and n values have u pairs that stand the wrong
# way round (Mann, Whitney, "On a test of whether one of two random variables
# is stochastically larger", 1947, equation 5).
function orders(m, n, u)
{
	if (u < 0)
		return 0
	if (m == 0 || n == 0)
		return u == 0
	if (!((m, n, u) in memo))
		memo[m, n, u] = orders(m - 1, n, u - n) + orders(m, n - 1, u)
	return memo[m, n, u]
}

# Probability of an order as extreme as this one if nothing differs.
function rank_sum(a, m, b, n,	i, j, u, sum, all)
{
	u = 0
	for (i = 1; i <= m; i++)
		for (j = 1; j <= n; j++)
			u += a[i] > b[j] ? 1 : a[i] == b[j] ? 0.5 : 0
	if (u > m * n / 2)
		u = m * n - u
	sum = all = 0
	for (i = 0; i <= m * n; i++) {
		all += orders(m, n, i)
		if (i <= u)
			sum += orders(m, n, i)
	}
	return 2 * sum / all
}

# What is no time does not vary: less is enough.
function limit(unit)
{
	return unit == "calls" ? 0 : unit == "share" ? 0.002 : 0.02
}

# 1 if it has grown, -1 if it has shrunk, 0 if that is not known.
function change(key, pass,	m, n, before, now)
{
	m = runs(a, "base", key, pass, pass)
	n = runs(b, "work", key, pass, pass)
	if (m == 0 || n == 0)
		return 0
	before = quantile(a, m, 0.5)
	now = quantile(b, n, 0.5)
	if ((now > before ? now - before : before - now) <= \
	    limit(unit[key]) * before || rank_sum(a, m, b, n) >= P)
		return 0
	return now > before ? 1 : -1
}

function verdict(key,	grown)
{
	if (!((1, "base", key) in count))
		return "new"
	if (!((1, "work", key) in count))
		return "gone"
	grown = change(key, 1)
	if (grown && passes > 1 && change(key, 2) != grown)
		grown = 0
	if (!grown)
		return ""
	if (unit[key] ~ /\/s$/ || unit[key] == "share")
		grown = -grown
	return grown > 0 ? "worse" : "better"
}

END {
	for (k = 1; k <= n_keys; k++) {
		key = order[k]
		m = runs(a, "base", key, 1, 2)
		n = runs(b, "work", key, 1, 2)
		before = m ? quantile(a, m, 0.5) : 0
		now = n ? quantile(b, n, 0.5) : 0
		spread = before ? (quantile(a, m, 0.75) - quantile(a, m, 0.25)) \
			/ 2 / before : 0
		print program[key], key, unit[key],
			m ? sprintf("%.6g", before) : "",
			n ? sprintf("%.6g", now) : "",
			before && n ? sprintf("%+.1f %%", (now / before - 1) * 100) : "",
			verdict(key), sprintf("%.1f %%", spread * 100)
	}
}
