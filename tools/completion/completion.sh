#!/bin/sh
# Write the completion scripts of a command for bash and zsh, from the options
# that the command itself prints, so that they cannot lag behind it.
#
#	completion.sh COMMAND FOLDER
#
# COMMAND is the built binary; FOLDER receives vsx-build (bash) and _vsx-build
# (zsh).
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

# Each line: long name, letter, argument, words split by '|', help; by tabs.
bash_script() {
	printf '%s\n' "$options" | awk -F '\t' -v name="$name" \
		-v fn="$function" '
	{
		words = words " --" $1
		this = "--" $1
		if ($2 != "-") {
			words = words " -" $2
			this = this " | -" $2
		}
		gsub(/ \| /, "|", this)
		if ($4 != "-") {
			choice = $4
			gsub(/\|/, " ", choice)
			cases = cases "\t" this ")\n" \
				"\t\tmapfile -t COMPREPLY < <(compgen -W \"" \
				choice "\" -- \"$word\")\n\t\treturn\n\t\t;;\n"
		} else if ($3 == "FILE" || $3 == "INDEX") {
			files = files (files == "" ? "" : "|") this
		} else if ($3 != "-") {
			others = others (others == "" ? "" : "|") this
		}
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
		print "\telse"
		print "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")"
		print "\tfi"
		print "}"
		print "complete -o filenames -F " fn " " name
	}'
}

# In a specification of _arguments, brackets and colons have a meaning.
zsh_script() {
	printf '%s\n' "$options" | awk -F '\t' -v name="$name" '
	BEGIN {
		quote = sprintf("%c", 39)
		print "#compdef " name
		print "# zsh completion for " name "; made by completion.sh"
		print "_arguments -s -S \\"
	}
	{
		help = $5
		gsub(/\[/, "\\[", help)
		gsub(/\]/, "\\]", help)
		gsub(/:/, "\\:", help)
		gsub(quote, quote "\\" quote quote, help)
		if ($4 != "-") {
			choice = $4
			gsub(/\|/, " ", choice)
			value = ":" $3 ":(" choice ")"
		} else if ($3 == "FILE" || $3 == "INDEX") {
			value = ":" $3 ":_files"
		} else if ($3 != "-") {
			value = ":" $3 ": "
		} else {
			value = ""
		}
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

mkdir -p "$folder"
bash_script >"$folder/$name"
zsh_script >"$folder/_$name"
