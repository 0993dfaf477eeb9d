/* Says hello, and repeats its arguments. The exit code is the number of arguments behind the name. */
#include "objectos_start.h"

int objectos_main(const struct objectos_start *start)
{
    objectos_say("hello from a cell");
    for (uint64_t i = 1; i < start->argc; i++) {
        objectos_say(" ");
        objectos_say(start->argv[i]);
    }
    objectos_say("\n");
    return (int)start->argc - 1;
}
