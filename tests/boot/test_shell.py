"""The shell on the serial line, and how commands and their status leave the machine."""

import os
import re
import subprocess
import time

from conftest import ROOT
from memory_report import free_frames, parse, unaccounted


def make(*arguments, timeout=300):
    done = subprocess.run(["make", "-s", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=timeout, check=False, env=os.environ)
    return done.stdout.decode(errors="replace").replace("\r", ""), done.returncode


def test_run_ends_with_the_status_of_the_last_command():
    output, status = make("run", "RUN=crash null; hello")
    assert status == 0
    assert re.search(r"^hello", output, re.MULTILINE | re.IGNORECASE)


def test_run_false_makes_make_fail():
    _, status = make("run", "RUN=false")
    assert status != 0


def test_run_keeps_quotes_dollars_and_backslashes(machine):
    output, status = machine.run("""echo 'a  b' "c\\"d" '$HOME' \\$?; true""")
    assert status == 0
    assert "a  b c\"d $HOME $?\n" in output


def test_a_command_that_is_missing_is_named_and_the_shell_goes_on(shell):
    output, status = shell.run("no-such-command")
    assert status == 127
    assert "no-such-command" in output
    assert shell.run("true") == ("", 0)


def test_status_of_true_and_false(shell):
    assert shell.run("true")[1] == 0
    assert shell.run("false")[1] == 1
    assert shell.run("false; true")[1] == 0


def test_and_or_run_what_the_status_says(shell):
    assert shell.run("true && echo yes || echo no")[0] == "yes\n"
    assert shell.run("false && echo yes || echo no")[0] == "no\n"


def test_quotes_keep_words_together(shell):
    assert shell.run("""echo "a  b" 'c  "d' e\\ \\ f""")[0] == 'a  b c  "d e  f\n'


def test_an_open_quote_asks_for_more_and_ctrl_c_abandons_it(shell):
    shell.send("echo 'open\r")
    shell.expect(r"\n> ")
    shell.send("\x03")
    shell.wait_for_prompt()
    assert shell.run("echo closed") == ("closed\n", 0)


def test_wait_waits_for_background_jobs(shell):
    output, status = shell.run("sleep 0.2 & wait; echo done")
    assert status == 0
    assert output.endswith("done\n")


def test_hello_prints_and_ends_with_0(shell):
    output, status = shell.run("hello")
    assert status == 0
    assert "hello" in output.lower()


def test_ls_lists_the_programs(shell):
    output, status = shell.run("ls /bin")
    assert status == 0
    for program in ("sh", "hello", "share", "ls", "cat", "echo", "true", "false", "sleep", "crash", "poweroff"):
        assert program in output.split()


def test_cat_of_a_missing_file_says_which_and_why(shell):
    output, status = shell.run("cat /no/such/file")
    assert status == 1
    assert "/no/such/file" in output and "no such file" in output.lower()


def test_the_second_hello_adds_no_read_only_frame_and_the_sum_is_ram(machine):
    output, status = machine.run("hello -w & hello -w & sleep 0.2; share -j")
    assert status == 0
    report = parse(output)
    hellos = [task for task in report["tasks"] if task["name"] == "hello"]
    assert len(hellos) == 2
    for hello in hellos:
        assert hello["ro_frames"] == hello["ro_shared_frames"] > 0
        # A page of stack, and the one page of the library's data where a stream holds what was printed.
        assert hello["private_frames"] == 2
    assert abs(unaccounted(report)) < 1
    assert report["ram_frames"] == 128 << 20 >> 12


def test_quiet_keeps_the_start_up_log_back(machine):
    loud, _ = machine.run("true", append="")
    quiet, _ = machine.run("true", append="quiet")
    assert 1 <= loud.count("pando: ") <= 12
    assert "pando: " not in quiet


def test_poweroff_ends_the_machine_with_0(machine):
    assert machine.boot().poweroff() == 0


def test_commands_run_again_leave_as_many_frames_free(shell):
    for command in ("hello", "crash null", "no-such-command", "ls /bin", "cat /no/such/file"):
        shell.run(command)
        before = free_frames(shell)
        shell.run(command)
        assert free_frames(shell) == before, command


def test_an_interrupt_ends_a_script_that_only_starts_jobs(shell):
    """It must not get lost while the script lets its jobs ignore it."""
    for _ in range(5):
        shell.send("sh -c 'while true & do :; done'\r")
        shell.expect("done'")
        time.sleep(0.1)
        shell.send("\x03")
        shell.wait_for_prompt()
    # And they do ignore it.
    output, status = shell.run("sh -c 'sleep 9 & kill -INT $!; sleep 0.1; kill -9 $!; wait $!'")
    assert status == 128 + 9 and "signal 9" in output


def test_kill_knows_names_numbers_and_jobs(shell):
    assert shell.run("sleep 99 & kill -KILL $!; wait $!")[1] == 128 + 9
    assert shell.run("sleep 99 & kill -s sigterm $!; wait $!")[1] == 128 + 15
    assert shell.run("sleep 99 | sleep 99 & kill %1; wait %1")[1] == 128 + 15
    assert shell.run("sleep 99 & /bin/kill -15 $!; wait $!")[1] == 128 + 15
    assert shell.run("kill %4711") == ("sh: kill: %4711: no such job\n", 1)
    assert "9 KILL\n" in shell.run("kill -l")[0]
    for wrong in ("kill", "kill -NONE 1", "kill -s", "kill 0", "kill -- -1", "kill x"):
        output, status = shell.run(wrong)
        assert (output[:11], status) == ("usage: kill", 2)


def test_jobs_have_numbers_and_come_to_the_foreground(shell):
    shell.run("wait")
    output, status = shell.run("sleep 0.2 | sleep 0.2 & jobs; fg")
    assert re.fullmatch(r"\[1\] \d+\n\[1\] running: (sleep 0.2 \| sleep 0.2)\n\1\n", output) and status == 0
    assert shell.run("sleep 99 | sleep 99 & kill %1; wait %1")[0].count("killed by signal 15") == 1
    shell.send("sleep 99 & fg %1\r")
    shell.expect(r"\nsleep 99\r+\n")
    shell.send("\x03")
    shell.wait_for_prompt()
    assert shell.run("fg")[0] == "sh: fg: %%: no such job\n"
    assert shell.run("sh -c 'fg'") == ("sh: fg: there is no job control\n", 1)


def test_ls_lists_where_one_is_and_files_as_themselves(shell):
    assert shell.run("cd /bin; ls; cd /")[0] == shell.run("ls /bin")[0]
    assert shell.run("ls /bin/sh /lib /bin/ls") == ("/bin/sh\n/bin/ls\n\n/lib:\nlibc\nsymbols\n", 0)
    output, status = shell.run("ls -la /lib")
    assert status == 0 and re.fullmatch(r"d.* \.\nd.* \.\.\n-rw.* libc\n-rw.* symbols\n", output)
    assert re.fullmatch(r"drwx\S+ +\d+ /lib\n", shell.run("ls -ld /lib")[0])
    assert shell.run("ls -q") == ("usage: ls [-1adl] [PATH...]\n", 2)


def test_scripts_may_count_on_path_and_home(shell):
    assert shell.run("echo $HOME $PATH; env -i sh -c 'echo $HOME $PATH'")[0] == "/ /bin\n/ /bin\n"


def test_a_job_whose_end_was_told_has_no_number_any_more(shell):
    shell.run("wait")
    shell.run("sleep 0.1 &")
    shell.run("sleep 0.3")
    shell.send("\r")  # its end is told before a prompt
    shell.wait_for_prompt()
    assert shell.run("jobs; wait $!") == ("", 0)
    assert shell.run("fg") == ("sh: fg: %%: no such job\n", 1)
    output, _ = shell.run("sleep 9 & jobs; kill %1; sleep 0.1; jobs; jobs; wait")
    assert re.fullmatch(r"\[1\] \d+\n\[1\] running: sleep 9\nsh: sleep 9: killed by signal 15 .*\n", output)
    # Who knows its pid can still ask.
    output, status = shell.run("sh -c 'sh -c \"exit 3\"& sleep .2; jobs; jobs; wait $!'")
    assert (output, status) == ('[1] ended with status 3: sh -c "exit 3"\n', 3)


def test_help_fits_the_screen_and_knows_each_name(shell):
    output, status = shell.run("help")
    assert status == 0 and max(len(line) for line in output.splitlines()) < 80
    for word in ("case WORD in", "printf FORMAT [WORD...]", "hexdump", "Ctrl-R"):
        assert word in output
    assert shell.run("help cd") == ("  cd [FOLDER | -]                change the folder, to $HOME or /\n", 0)
    assert shell.run("help for") == ("  for NAME [in WORD...]; do COMMANDS; done\n", 0)
    assert shell.run("help wc")[0].startswith("  /bin/wc is a program")
    assert shell.run("help nosuch") == ("sh: help: nosuch: there is no help for that\n", 1)
    assert shell.run("help '' /bin/wc .. | wc -l")[0].splitlines()[-1] == "0"


def test_an_option_that_a_program_does_not_know_is_not_taken_for_a_file(shell):
    for program in ("cat", "elf", "head", "hexdump", "wc", "ls", "maps", "date", "uname", "sleep"):
        output, status = shell.run(f"{program} --help </dev/null")
        assert output.startswith(f"usage: {program}") and status == 2, output
        if program in ("cat", "elf", "head", "hexdump", "wc"):
            assert "-z: No such file" in shell.run(f"{program} -- -z")[0]
