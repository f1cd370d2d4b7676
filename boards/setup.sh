#!/bin/sh
# Bring what Pando is built and tested with: packages of Debian or Ubuntu, and what those don't install by themselves
# into the folder $1 (build/deps): libfdt for riscv64, a copy of xxhash.h that the cross compiler may see, and the
# source of an interpreter that is a test of what others write.
# Quick and silent about the network when all is there.
set -eu

deps=$1
packages="make gcc g++ libc6-dev python3 python3-pytest python3-pexpect
    gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf picolibc-riscv64-unknown-elf
    qemu-system-misc opensbi qemu-user gdb-multiarch
    erofs-utils device-tree-compiler libfdt-dev libxxhash-dev
    clang clang-format clang-tidy libclang-rt-dev llvm cppcheck
    ca-certificates debian-archive-keyring xz-utils"
# Newer releases have QEMU for RISC-V in a package of its own.
newer_qemu=qemu-system-riscv

say() {
    printf 'setup: %s\n' "$*"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        say "need root for: $*"
        return 1
    fi
}

missing_packages() {
    # shellcheck disable=SC2086
    dpkg-query -W -f='${db:Status-Status} ${Package}\n' $packages 2> /dev/null |
        sed -n 's/^installed //p' > "$scratch/have"
    for package in $packages; do
        grep -qx "$package" "$scratch/have" || printf '%s ' "$package"
    done
}

install_packages() {
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $1
}

# The system's own mirror of Debian, else the one that is near everybody.
debian_mirror() {
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' 2> /dev/null |
        sed -n 's,^Debian \(.*/debian\)/*$,\1,p' | head -n 1 | grep . || echo http://deb.debian.org/debian
}

# apt with a configuration of its own: nothing of the system is touched, and signatures are checked as ever.
own_apt() {
    command=$1
    shift
    "$command" -q -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/none" \
        -o Dir::Etc::Preferences="$apt/none/preferences" -o Dir::Etc::PreferencesParts="$apt/none" \
        -o Dir::State="$apt/state" -o Dir::State::Lists="$apt/state/lists" -o Dir::State::status="$apt/status" \
        -o Dir::Cache="$apt/cache" -o APT::Architecture=riscv64 -o APT::Architectures=riscv64 \
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# use_release deb|deb-src RELEASE: what own_apt looks at.
use_release() {
    rm -rf "$apt"
    mkdir -p "$apt/none" "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/unpacked"
    : > "$apt/status"
    printf '%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$1" "$mirror" "$2" \
        > "$apt/sources.list"
}

# fetch_libfdt RELEASE OPTION...: libfdt.a for riscv64 from that release of Debian.
fetch_libfdt() {
    release=$1
    shift
    use_release deb "$release"
    {
        printf '%s\n' "--- $release $*"
        own_apt apt-get "$@" -o APT::Update::Error-Mode=any update &&
            (cd "$apt" && own_apt apt-get "$@" download libfdt-dev) &&
            dpkg-deb -x "$apt"/libfdt-dev_*.deb "$apt/unpacked"
    } >> "$log" 2>&1 || return 1
    version=$(own_apt apt-cache show libfdt-dev | sed -n 's/^Version: //p' | head -n 1)
    mkdir -p "$deps/libfdt/lib" "$deps/libfdt/include"
    cp "$apt"/unpacked/usr/include/*fdt*.h "$deps/libfdt/include/"
    cp "$apt/unpacked/usr/lib/riscv64-linux-gnu/libfdt.a" "$deps/libfdt/lib/libfdt.a.new"
    mv "$deps/libfdt/lib/libfdt.a.new" "$deps/libfdt/lib/libfdt.a"
    printf 'libfdt-dev %s for riscv64 from Debian %s\n' "$version" "$release" > "$deps/libfdt/origin"
    rm -rf "$apt"
    say "$(cat "$deps/libfdt/origin")"
}

# From the first release that answers: one's index can be out of step for a day. Where the mirror itself is behind,
# what it has is still signed, but no longer promised to be the newest: taken when there is nothing else.
fetch_libfdt_somewhere() {
    : > "$log"
    for release in trixie forky sid; do
        fetch_libfdt $release && return
    done
    for release in trixie forky sid; do
        if fetch_libfdt $release -o Acquire::Check-Valid-Until=false; then
            say "the mirror $mirror is behind: this was signed, but may not be the newest"
            return
        fi
    done
    say "no release of Debian at $mirror gave libfdt-dev for riscv64:"
    grep -E '^(---|E:)' "$log"
    return 1
}

# TinyScheme as its author wrote it: tests/boot/test_foreign_source.py builds and runs it.
fetch_interpreter() {
    for release in bookworm trixie forky; do
        use_release deb-src $release
        {
            printf '%s\n' "--- sources of $release"
            own_apt apt-get -o Acquire::Check-Valid-Until=false -o APT::Update::Error-Mode=any update &&
                (cd "$apt" && own_apt apt-get source --download-only --tar-only tinyscheme) &&
                tar -xf "$apt"/tinyscheme_*.orig.tar.* -C "$apt/unpacked"
        } >> "$log" 2>&1 || continue
        mkdir -p "$deps/tinyscheme.new"
        cp "$apt"/unpacked/*/*.c "$apt"/unpacked/*/*.h "$apt"/unpacked/*/init.scm "$deps/tinyscheme.new/"
        mv "$deps/tinyscheme.new" "$deps/tinyscheme"
        rm -rf "$apt"
        say "source of tinyscheme from Debian $release"
        return
    done
    say "no release of Debian at $mirror gave the source of tinyscheme: its test is skipped"
}

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    say "not Debian or Ubuntu; install what these packages hold, then libfdt.a and libfdt.h for riscv64 (rv64gc," \
        "lp64d) in $deps/libfdt/lib and include, xxhash.h in $deps/xxhash/include:" $packages
    exit 1
fi

mkdir -p "$deps"
deps=$(cd "$deps" && pwd)
apt=$deps/apt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if command -v qemu-system-riscv64 > /dev/null; then
    packages=$(echo $packages | sed 's/qemu-system-misc //')
fi
missing=$(missing_packages)
if [ -n "$missing" ]; then
    say "installing $missing"
    install_packages "$missing" || { as_root apt-get -q update && install_packages "$missing"; }
fi
if ! command -v qemu-system-riscv64 > /dev/null; then
    install_packages "$newer_qemu"
fi

log=$deps/packages.log
if [ ! -e "$deps/libfdt/lib/libfdt.a" ] || [ ! -e "$deps/tinyscheme" ]; then
    mirror=$(debian_mirror)
fi
if [ ! -e "$deps/libfdt/lib/libfdt.a" ]; then
    fetch_libfdt_somewhere
fi
if [ ! -e "$deps/tinyscheme" ]; then
    fetch_interpreter
fi
if [ ! -e "$deps/xxhash/include/xxhash.h" ]; then
    mkdir -p "$deps/xxhash/include"
    cp /usr/include/xxhash.h "$deps/xxhash/include/"
fi
say "all is there"
