# Types command lines into an interactive zsh, with ~ for the tab key, and compares what it makes of them. The script is
# loaded by its name from a folder of fpath, as a package installs it, and then sourced, as a person may.
zmodload zsh/zpty
export HISTFILE=/dev/null TERM=dumb
failed=0 tab=$'\t'

# typed prints the line that zsh runs in the end.
typed() {
	local load=$1 line=$2 out all=''
	zpty -b shell zsh -f -i
	zpty -w shell "PS1= PS2=; unsetopt zle_bracketed_paste; zstyle ':completion:*' menu no; setopt no_auto_menu no_list_beep"
	zpty -w shell "fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -D; $load"
	zpty -w shell 'rejoin() { print -r -- "<ran" "$@" ">"; exit }; print rea""dy'
	zpty -r -m shell out $'*ready\r\n*' || all=''
	zpty -w shell "${line//\~/$tab}"
	zpty -r -m shell out $'*<ran *>\r\n*' && all=$out
	zpty -d shell
	all=${all##*<ran }
	print -r -- "${all%% >*}"
}

expect() {
	local found
	found=$(typed "$1" "$2")
	if [[ $found != "$3" ]]; then
		print -u2 -r -- "check-completion: zsh: $2"$'\n'"  found    $found"$'\n'"  expected $3"
		failed=1
	fi
}

mkdir functions
cp rejoin.zsh functions/_rejoin
for load in ':' "fpath=(\${fpath:#*functions*}); source $PWD/rejoin.zsh"; do
	expect $load 'rejoin rest~--on-co~ver~mem~' 'restore --on-conflict=verify members.csv'
	expect $load 'rejoin restore --on-conflict=upd~mem~' 'restore --on-conflict=update members.csv'
	expect $load 'rejoin help exit~' 'help exit-status'
	expect $load 'rejoin completion z~' 'completion zsh'
	expect $load 'rejoin audit --on-c~' 'audit --on-c'
	expect $load 'rejoin restore -n --progress pl~--rejects mem~x' 'restore -n --progress plain --rejects members.csv x'
done
exit $failed
