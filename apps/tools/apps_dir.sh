#!/bin/sh
# List what a folder of programs (APPS_DIR) holds, for make: NAME.c for a file, NAME/ for a folder.
#
# usage: apps_dir.sh FOLDER
#
# Prints the words on one line, or one line that starts with "error:". Names must survive make and a shell's command
# line, so anything but letters, digits and . _ + - is refused here, with the name, rather than misread there.

rule="a name may have letters, digits and . _ + - only, and begins with a letter or digit"

fail() {
    echo "error: $1"
    exit 0
}

is_plain() {
    case $1 in
    '' | [.+-]* | *[!A-Za-z0-9._+-]*) return 1 ;;
    esac
    return 0
}

folder=$1
[ -d "$folder" ] || fail "APPS_DIR: there is no folder \"$folder\""
case $folder in
*[!A-Za-z0-9._+,@/-]*) fail "APPS_DIR: make can't handle the path \"$folder\"; copy or link it elsewhere" ;;
esac

list=
for path in "$folder"/*; do
    name=${path##*/}
    if [ -d "$path" ]; then
        has_source=
        for source in "$path"/*.c; do
            [ -f "$source" ] || continue
            has_source=yes
            is_plain "${source##*/}" || fail "APPS_DIR: \"$name/${source##*/}\": $rule"
        done
        [ -n "$has_source" ] || [ -f "$path/app.mk" ] || continue
        program=$name
        word=$name/
    else
        case $name in
        *.c) ;;
        *) continue ;;
        esac
        program=${name%.c}
        word=$name
    fi
    is_plain "$program" || fail "APPS_DIR: \"$name\": $rule"
    case " $list " in
    *" $program.c "* | *" $program/ "*)
        fail "APPS_DIR: there are both $program.c and $program/: which one is /bin/$program?"
        ;;
    esac
    list="$list $word"
done
echo "$list"
