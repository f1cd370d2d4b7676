#!/bin/sh
# Bring what Pando is built and tested with: packages of Debian or Ubuntu, and what those don't install by themselves
# into the folder $1 (build/deps): libfdt for riscv64, a copy of xxhash.h that the cross compiler may see, the source of
# an interpreter that is a test of what others write, and QEMU 10 beside the system's, for what only that one can show.
# Quick and silent about the network when all is there.
set -eu

deps=$1
packages="make gcc g++ libc6-dev python3 python3-pytest python3-pexpect
    gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf picolibc-riscv64-unknown-elf
    qemu-system-misc opensbi qemu-user gdb-multiarch
    erofs-utils device-tree-compiler libfdt-dev libxxhash-dev
    clang clang-format clang-tidy libclang-rt-dev llvm cppcheck spin
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
apt_architecture=riscv64
own_apt() {
    command=$1
    shift
    "$command" -q -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/none" \
        -o Dir::Etc::Preferences="$apt/none/preferences" -o Dir::Etc::PreferencesParts="$apt/none" \
        -o Dir::State="$apt/state" -o Dir::State::Lists="$apt/state/lists" -o Dir::State::status="$apt/status" \
        -o Dir::Cache="$apt/cache" -o APT::Architecture="$apt_architecture" \
        -o APT::Architectures="$apt_architecture" \
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# use_release deb|deb-src RELEASE...: what own_apt looks at.
use_release() {
    kind=$1
    shift
    rm -rf "$apt"
    mkdir -p "$apt/none" "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/unpacked"
    : > "$apt/status"
    for suite in "$@"; do
        printf '%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$kind" "$mirror" "$suite"
    done > "$apt/sources.list"
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

# fetch_shared_objects PROGRAM: the libraries that PROGRAM needs and the system has not, into its folder's lib.
# Each package may need others: until nothing is missing, or nothing more is found.
fetch_shared_objects() {
    while missing=$(LD_LIBRARY_PATH="$qemu_new/lib" ldd "$1" | sed -n 's/^[[:space:]]*\(.*\) => not found$/\1/p') &&
        [ -n "$missing" ]; do
        for object in $missing; do
            # libpng16.so.16 is in libpng16-16, libaio.so.1 in libaio1.
            stem=${object%%.so.*}
            stem=$(printf '%s' "$stem" | tr 'A-Z_' 'a-z-')
            number=${object##*.so.}
            (cd "$apt" && { own_apt apt-get download "$stem$number" || own_apt apt-get download "$stem-$number"; }) ||
                return 1
        done
        for package in "$apt"/*.deb; do
            dpkg-deb -x "$package" "$apt/objects"
        done
        rm -f "$apt"/*.deb
        find "$apt/objects" -name '*.so.*' -exec cp -a -n {} "$qemu_new/lib/" ';'
        for object in $missing; do
            [ -e "$qemu_new/lib/$object" ] || return 1
        done
    done
}

# The firmware that QEMU 10 wants, where its -bios default looks for it: from the first release that answers.
fetch_opensbi() {
    for release in trixie forky sid; do
        use_release deb $release
        {
            printf '%s\n' "--- opensbi of $release"
            own_apt apt-get -o Acquire::Check-Valid-Until=false -o APT::Update::Error-Mode=any update &&
                (cd "$apt" && own_apt apt-get download opensbi) &&
                dpkg-deb -x "$apt"/opensbi_*.deb "$apt/unpacked" &&
                cp "$apt/unpacked/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin" \
                    "$qemu_new/share/opensbi-riscv64-generic-fw_dynamic.bin"
        } >> "$log" 2>&1 || continue
        printf 'opensbi %s from Debian %s\n' "$(own_apt apt-cache show opensbi | sed -n 's/^Version: //p' |
            head -n 1)" "$release" >> "$qemu_new/origin"
        return
    done
    return 1
}

# The program that others start: QEMU with the libraries and the firmware beside it. The system's modules are of
# another build, there are none here, and without a sound card none is looked for.
write_qemu_wrapper() {
    cat > "$qemu_new/qemu-system-riscv64" << 'END'
#!/bin/sh
folder=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$folder/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" QEMU_MODULE_DIR="$folder/lib" \
    exec "$folder/bin/qemu-system-riscv64" -L "$folder/share" -audio none "$@"
END
    chmod +x "$qemu_new/qemu-system-riscv64"
}

# QEMU 10 of bookworm's backports, for the machine that builds.
fetch_qemu10() {
    qemu_new=$deps/qemu10.new
    rm -rf "$qemu_new"
    mkdir -p "$qemu_new/bin" "$qemu_new/lib" "$qemu_new/share"
    apt_architecture=$(dpkg --print-architecture)
    use_release deb bookworm bookworm-backports
    {
        printf '%s\n' "--- qemu of bookworm-backports"
        own_apt apt-get -o Acquire::Check-Valid-Until=false -o APT::Update::Error-Mode=any update &&
            (cd "$apt" && own_apt apt-get -t bookworm-backports download qemu-system-riscv) &&
            dpkg-deb -x "$apt"/qemu-system-riscv_*.deb "$apt/unpacked" &&
            mv "$apt/unpacked/usr/bin/qemu-system-riscv64" "$qemu_new/bin/" &&
            rm "$apt"/*.deb && fetch_shared_objects "$qemu_new/bin/qemu-system-riscv64"
    } >> "$log" 2>&1 || return 1
    printf 'qemu-system-riscv %s from Debian bookworm-backports, ' "$(own_apt apt-cache show qemu-system-riscv |
        sed -n 's/^Version: //p' | head -n 1)" > "$qemu_new/origin"
    write_qemu_wrapper
    fetch_opensbi && "$qemu_new/qemu-system-riscv64" --version >> "$log" 2>&1 || return 1
    mv "$qemu_new" "$deps/qemu10"
    rm -rf "$apt"
    say "$(cat "$deps/qemu10/origin")"
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
if [ ! -e "$deps/libfdt/lib/libfdt.a" ] || [ ! -e "$deps/tinyscheme" ] || [ ! -e "$deps/qemu10" ]; then
    mirror=$(debian_mirror)
fi
if [ ! -e "$deps/libfdt/lib/libfdt.a" ]; then
    fetch_libfdt_somewhere
fi
if [ ! -e "$deps/tinyscheme" ]; then
    fetch_interpreter
fi
if [ ! -e "$deps/qemu10" ] && ! fetch_qemu10; then
    rm -rf "$deps/qemu10.new"
    say "no QEMU 10 with OpenSBI 1.6 at $mirror: what needs it is skipped by name ($log has the reasons)"
fi
if [ ! -e "$deps/xxhash/include/xxhash.h" ]; then
    mkdir -p "$deps/xxhash/include"
    cp /usr/include/xxhash.h "$deps/xxhash/include/"
fi
say "all is there"
