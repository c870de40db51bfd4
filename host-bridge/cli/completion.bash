# SPDX-License-Identifier: BSD-2-Clause
# Completion of vouch(1) for bash. What can follow is asked of --help, so it
# cannot differ from the program.

_vouch()
{
	local cur=${COMP_WORDS[COMP_CWORD]} help i
	local -a path=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] || path+=("${COMP_WORDS[i]}")
	done
	help=$("${COMP_WORDS[0]}" "${path[@]}" --help 2>/dev/null) || return
	if [[ $cur == -* ]]; then
		help=$(sed -n 's/^  \(--[a-z-]*\).*/\1/p' <<<"$help")
	else
		help=$(sed -n '/^Commands:$/,/^$/s/^  \([a-z-]*\) .*/\1/p' \
			<<<"$help")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$help" -- "$cur")
}

# Where no command is named, operands are mostly files.
complete -o default -F _vouch vouch
