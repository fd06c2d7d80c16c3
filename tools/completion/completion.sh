#!/bin/sh
# Write the completion scripts of a command for bash, zsh and fish, from the
# options that the command itself prints, so that they cannot lag behind it.
#
#	completion.sh COMMAND FOLDER
#
# COMMAND is the built binary; FOLDER receives vsx-build (bash), _vsx-build
# (zsh) and vsx-build.fish.
set -eu

if [ $# -ne 2 ]; then
	echo "usage: completion.sh COMMAND FOLDER" >&2
	exit 2
fi
command=$1
folder=$2
name=${command##*/}
function=_$(printf %s "$name" | tr - _)
options=$("$command" --print-options)

# Each line: long name, letter, argument, words split by '|', help; by tabs. The
# name '-' stands for the first operand, which is one of the words.
shared='
	function is_path(arg) { return arg ~ /^(FILE|INDEX|OUT|DIR)$/ }
	function spaced(words) { gsub(/\|/, " ", words); return words }'

bash_script() {
	printf '%s\n' "$options" | awk -F '\t' -v name="$name" \
		-v fn="$function" "$shared"'
	$1 == "-" {
		verbs = spaced($4)
		next
	}
	{
		words = words " --" $1
		this = "--" $1
		if ($2 != "-") {
			words = words " -" $2
			this = this "|-" $2
		}
		if ($4 != "-")
			cases = cases "\t" this ")\n" \
				"\t\tmapfile -t COMPREPLY < <(compgen -W \"" \
				spaced($4) "\" -- \"$word\")\n\t\treturn\n\t\t;;\n"
		else if (is_path($3))
			files = files (files == "" ? "" : "|") this
		else if ($3 != "-")
			others = others (others == "" ? "" : "|") this
	}
	END {
		print "# bash completion for " name "; made by completion.sh"
		print fn "() {"
		print "\tlocal word=${COMP_WORDS[COMP_CWORD]}"
		print "\tlocal before=${COMP_WORDS[COMP_CWORD - 1]}"
		print ""
		print "\t# bash takes --metric=l2 for three words."
		print "\tif [[ $word == = ]]; then"
		print "\t\tword="
		print "\telif [[ $before == = ]]; then"
		print "\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}"
		print "\tfi"
		print ""
		print "\tCOMPREPLY=()"
		print "\tcase $before in"
		printf "%s", cases
		if (files != "") {
			print "\t" files ")"
			print "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")"
			print "\t\treturn"
			print "\t\t;;"
		}
		if (others != "") {
			print "\t" others ")"
			print "\t\treturn"
			print "\t\t;;"
		}
		print "\tesac"
		print "\tif [[ $word == -* ]]; then"
		print "\t\tmapfile -t COMPREPLY < <(compgen -W \"" \
			substr(words, 2) "\" -- \"$word\")"
		if (verbs != "") {
			print "\telif ((COMP_CWORD == 1)); then"
			print "\t\tmapfile -t COMPREPLY < <(compgen -W \"" \
				verbs "\" -- \"$word\")"
		}
		print "\telse"
		print "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")"
		print "\tfi"
		print "}"
		print "complete -o filenames -F " fn " " name
	}'
}

# In a specification of _arguments, brackets and colons have a meaning.
zsh_script() {
	printf '%s\n' "$options" | awk -F '\t' -v name="$name" "$shared"'
	BEGIN {
		quote = sprintf("%c", 39)
		print "#compdef " name
		print "# zsh completion for " name "; made by completion.sh"
		print "_arguments -s -S \\"
	}
	$1 == "-" {
		print "\t" quote "1:command:(" spaced($4) ")" quote " \\"
		next
	}
	{
		help = $5
		gsub(/\[/, "\\[", help)
		gsub(/\]/, "\\]", help)
		gsub(/:/, "\\:", help)
		gsub(quote, quote "\\" quote quote, help)
		if ($4 != "-")
			value = ":" $3 ":(" spaced($4) ")"
		else if (is_path($3))
			value = ":" $3 ":_files"
		else if ($3 != "-")
			value = ":" $3 ": "
		else
			value = ""
		spec = "[" help "]" value quote " \\"
		equals = value == "" ? "" : "="
		print "\t" quote "*--" $1 equals spec
		if ($2 != "-")
			print "\t" quote "*-" $2 (value == "" ? "" : "+") spec
	}
	END {
		print "\t" quote "*:file:_files" quote
	}'
}

fish_script() {
	printf '%s\n' "$options" | awk -F '\t' -v name="$name" "$shared"'
	function quoted(text) {
		gsub(/\\/, "\\\\", text)
		gsub(quote, "\\" quote, text)
		return quote text quote
	}
	BEGIN {
		quote = sprintf("%c", 39)
		print "# fish completion for " name "; made by completion.sh"
	}
	$1 == "-" {
		print "complete -c " name " -n __fish_use_subcommand -f -a " \
			quoted(spaced($4)) " -d " quoted($5)
		next
	}
	{
		line = "complete -c " name " -l " $1
		if ($2 != "-")
			line = line " -s " $2
		if ($4 != "-")
			line = line " -x -a " quoted(spaced($4))
		else if (is_path($3))
			line = line " -r -F"
		else if ($3 != "-")
			line = line " -x"
		print line " -d " quoted($5)
	}'
}

mkdir -p "$folder"
bash_script >"$folder/$name"
zsh_script >"$folder/_$name"
fish_script >"$folder/$name.fish"
