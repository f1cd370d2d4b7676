#!/bin/sh
# First inputs for the fuzzers, from the tools that make the real ones: make_corpus.sh TARGET FOLDER
# What a missing tool would have made is left out; the fuzzer starts with less then.
set -eu
target=$1
folder=$2
mkdir -p "$folder"

# QEMU writes a MiB whatever the tree's size is: dtc makes a packed tree of it.
dump_tree()
{
    name=$1
    shift
    if timeout 20 qemu-system-riscv64 -nographic "$@" >/dev/null 2>&1 </dev/null; then
        dtc -q -I dtb -O dtb -o "$folder/$name" "$folder/$name.dump" || rm -f "$folder/$name"
    fi
    rm -f "$folder/$name.dump"
}

device_trees()
{
    dump_tree virt -M "virt,dumpdtb=$folder/virt.dump" -m 128M
    dump_tree virt4 -M "virt,dumpdtb=$folder/virt4.dump" -smp 4 -m 4G
    dump_tree sifive -M "sifive_u,dumpdtb=$folder/sifive.dump" -smp 5 -m 8G
    dtc -q -I dts -O dtb -o "$folder/board" - <<'END'
/dts-v1/;
/memreserve/ 0x84000000 0x123456;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    model = "board";
    aliases { serial0 = "/soc/serial@50900000"; };
    chosen {
        bootargs = "quiet";
        stdout-path = "serial0:115200n8";
        linux,initrd-start = <0x0 0x84000000>;
        linux,initrd-end = <0x0 0x84123456>;
        rng-seed = [00 11 22 33];
    };
    cpus {
        #address-cells = <1>;
        #size-cells = <0>;
        timebase-frequency = <1000000>;
        cpu@0 {
            device_type = "cpu";
            reg = <0>;
            status = "disabled";
        };
        cpu@1 {
            device_type = "cpu";
            reg = <1>;
            riscv,isa = "rv64imafdcv_sstc1p0_svadu";
            riscv,isa-base = "rv64i";
            riscv,isa-extensions = "i", "m", "a", "f", "d", "c", "sstc";
            mmu-type = "riscv,sv39";
            intc: interrupt-controller { compatible = "riscv,cpu-intc"; phandle = <7>; };
        };
    };
    memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0 0x8000000 8 0 8 0>; };
    reserved-memory {
        #address-cells = <2>;
        #size-cells = <2>;
        ranges;
        firmware@80000000 { reg = <0 0x80000000 0 0x80000>; no-map; };
    };
    soc {
        #address-cells = <1>;
        #size-cells = <1>;
        compatible = "simple-bus";
        ranges = <0 0 0 0x80000000>;
        interrupt-parent = <&plic>;
        plic: plic@c000000 {
            compatible = "sifive,plic-1.0.0";
            reg = <0xc000000 0x4000000>;
            riscv,ndev = <53>;
            interrupts-extended = <&intc 11>, <&intc 9>;
        };
        serial@50900000 {
            compatible = "ns16550a";
            reg = <0x50900000 0x1000>;
            reg-shift = <2>;
            reg-io-width = <4>;
            clock-frequency = <200000000>;
            current-speed = <115200>;
            interrupts = <39>;
        };
    };
};
END
}

make_image()
{
    name=$1
    shift
    mkfs.erofs -T0 -U 00000000-0000-0000-0000-000000000000 --all-root --quiet "$@" "$folder/$name" "$tree" \
        >/dev/null 2>&1 || rm -f "$folder/$name"
}

erofs_images()
{
    tree=$(mktemp -d)
    mkdir -p "$tree/bin" "$tree/etc/deep/er"
    printf 'hello\n' >"$tree/bin/hello"
    seq 1 2000 >"$tree/bin/big"
    : >"$tree/empty"
    ln -s ../bin/hello "$tree/etc/link"
    ln -s / "$tree/etc/deep/root"
    make_image plain -x-1 -E noinline_data
    make_image inline -x-1
    make_image chunked -x-1 -E noinline_data --chunksize=4096
    make_image extended -x2 -E force-inode-extended
    rm -rf "$tree"
}

command_lines()
{
    printf '%s' 'quiet run="hello -w & hello -w & sleep 0.1; share"' >"$folder/run"
    printf '%s' 'run="echo \"a\\b\" $i" init=/bin/sh bench' >"$folder/quotes"
    printf '%s' 'initrd=0x80280000,65536 console=ttyS0 root=/dev/vda1 ro' >"$folder/initrd"
}

# Tables of the tool's own making: of programs for this machine, since it asks for no more than ELF.
symbol_tables()
{
    made=$(mktemp -d)
    for count in 1 2 40; do
        {
            echo 'int main(void) { return 0; }'
            seq -f 'int function_%g(void) { return 1; }' "$count"
        } >"$made/$count.c"
        "${HOST_CC:-cc}" -Wl,--build-id=sha1 -o "$made/$count" "$made/$count.c" || continue
        "${PYTHON:-python3}" -B apps/tools/symbols.py "$made/table" "$made/$count" "$made/1" || continue
        {
            printf '\300\21\0\0'
            cat "$made/table"
        } >"$folder/$count"
    done
    rm -rf "$made"
}

# The first two bytes are the size of the terminal.
keys()
{
    printf '\014\003echo hello world\033[D\033[1;5Dx\027\031\rls \t\tb\tu\t\r\022ec\022\007\033[A\033OA\033[B\r' \
        >"$folder/moves"
    printf '\004\002\303\251\342\202\254\360\235\204\236\024\177\033[3~\001\013\031\031\005\f\033[H\r\004' \
        >"$folder/wide"
    printf '\120\030for i in 1 2 3; do echo "$PA\t"; done | wc -l > $HO\t\025\033\177\033d\003' >"$folder/words"
}

# The first byte is the allocation that fails.
scripts()
{
    printf '\377%s\n' 'a=1 b | c && ! d; e & { f; } 2>&1; (g) >h' 'if a; then b; elif c; then d; else e; fi <f' \
        'for x in a b; do while c; do until d; do e; done; done; done' 'case a in b|c) d;; (e) ;; esac; f() { g; }' \
        >"$folder/commands"
    printf '\024%s\n' 'echo "$@" $* ${a-b} "${c:=d}" ${e#*x} ${e%%"*"} ${#f} $((1 + (2 << x))) ~/g $1' \
        >"$folder/words"
    printf '\010%s\n' 'cat <<A <<-"B"; echo $(c "$(d)" `e \`f\``)' '$x ${y-"z"}' 'A' '	g' 'B' >"$folder/documents"
}

case $target in
language_sh_script) scripts ;;
apps_sh_edit) keys ;;
platform_device_tree) device_trees ;;
supervisor_erofs) erofs_images ;;
supervisor_command_line) command_lines ;;
supervisor_symbols) symbol_tables ;;
esac
