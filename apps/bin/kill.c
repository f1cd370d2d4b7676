/* kill [-SIGNAL | -s SIGNAL] PID...: sends a signal, TERM if none is given; kill -l lists them. */
#include "kill_command.h"

int main(int argc, char **argv)
{
    return argc < 1 ? 2 : kill_command(argv);
}
