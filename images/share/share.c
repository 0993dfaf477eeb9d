/* Two cells share a memory object: writes are seen both ways. A third maps it for reading only, and faults when it writes. */
#include "objectos_spawn.h"

#define SHARED 0x2000000000UL

enum { MEMORY = 16, TURN = 17, FAULTS = 18, REPLY = 19, WRITER = 32, READER = 48 };
enum { CHILD_TURN = 2 };
enum { FIRST = 0x1111, SECOND = 0x2222 };

static volatile uint64_t *const shared = (volatile uint64_t *)SHARED;

static void writer(uint64_t expected)
{
    struct objectos_message message = {.label = shared[0] == expected};
    shared[1] = SECOND;
    objectos_endpoint_call(CHILD_TURN, &message);
    objectos_thread_exit(0);
}

static void reader(uint64_t expected)
{
    if (shared[0] == expected)
        shared[0] = 0;
    objectos_thread_exit(1);
}

static int spawn(uint64_t at, void (*entry)(uint64_t), uint64_t rights)
{
    return objectos_spawn(at, 1 << 18, 32, entry, FIRST) == OBJECTOS_OK &&
           objectos_space_map(at + OBJECTOS_SPAWN_SPACE, SHARED, MEMORY, 0, 4096, rights) == OBJECTOS_OK;
}

int objectos_main(const struct objectos_start *start)
{
    struct objectos_message message;
    (void)start;
    if (objectos_memory_create(OBJECTOS_SLOT_CELL, MEMORY, 4096) != OBJECTOS_OK ||
        objectos_space_map(OBJECTOS_SLOT_SPACE, SHARED, MEMORY, 0, 4096, OBJECTOS_PAGE_READ | OBJECTOS_PAGE_WRITE) != OBJECTOS_OK ||
        objectos_endpoint_create(OBJECTOS_SLOT_CELL, TURN) != OBJECTOS_OK || objectos_endpoint_create(OBJECTOS_SLOT_CELL, FAULTS) != OBJECTOS_OK)
        return 1;
    shared[0] = FIRST;
    if (!spawn(WRITER, writer, OBJECTOS_PAGE_READ | OBJECTOS_PAGE_WRITE) || !spawn(READER, reader, OBJECTOS_PAGE_READ))
        return 2;
    if (objectos_capability_grant(WRITER, CHILD_TURN, TURN, OBJECTOS_RIGHT_WRITE, 0) != OBJECTOS_OK ||
        objectos_cell_set_fault_endpoint(READER, FAULTS) != OBJECTOS_OK)
        return 3;
    objectos_thread_resume(WRITER + OBJECTOS_SPAWN_THREAD);
    if (objectos_endpoint_receive(TURN, REPLY, 0, 0, &message) != OBJECTOS_OK)
        return 4;
    objectos_say(message.label ? "the other cell saw my write\n" : "the other cell did not see my write\n");
    objectos_say(shared[1] == SECOND ? "I saw its write\n" : "I did not see its write\n");
    struct objectos_message answer = {.label = 0};
    objectos_reply_send(REPLY, &answer);
    objectos_thread_resume(READER + OBJECTOS_SPAWN_THREAD);
    if (objectos_endpoint_receive(FAULTS, REPLY, 0, 0, &message) != OBJECTOS_OK || message.kind != OBJECTOS_MESSAGE_FAULT)
        return 5;
    objectos_say("the reader's write: cause ");
    objectos_say_number(message.label);
    objectos_say(message.word[0] == SHARED && shared[0] == FIRST ? ", at the shared page, which is as it was\n" : ", elsewhere\n");
    return 0;
}
