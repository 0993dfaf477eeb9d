/* Two cells of one program: the second is made from the quota of the first and answers its calls. pingpong [COUNT] */
#include "objectos_spawn.h"

enum { ENDPOINT = 16, CHILD = 32, DEFAULT_COUNT = 10000 };
enum { SERVER_ENDPOINT = 2, SERVER_REPLY = 3 };
enum { PING = 1, STOP = 2 };

/* Written data: each cell has its own. */
static uint64_t served = 1;

static void serve(uint64_t step)
{
    struct objectos_message message;
    objectos_status status = objectos_endpoint_receive(SERVER_ENDPOINT, SERVER_REPLY, 0, 0, &message);
    while (status == OBJECTOS_OK && message.label == PING) {
        served += step;
        /* On sending, word 7 is the slot of the right to answer and word 8 that of a capability that comes along. */
        message.word[0] += served;
        message.capability = SERVER_REPLY;
        message.address = 0;
        status = objectos_endpoint_reply_receive(SERVER_ENDPOINT, &message);
    }
    struct objectos_message last = {.word = {served}};
    objectos_reply_send(SERVER_REPLY, &last);
    objectos_thread_exit(status);
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

int objectos_main(const struct objectos_start *start)
{
    uint64_t count = start->argc > 1 ? number(start->argv[1]) : DEFAULT_COUNT, before, after;
    objectos_status status = objectos_endpoint_create(OBJECTOS_SLOT_CELL, ENDPOINT);
    if (status == OBJECTOS_OK)
        status = objectos_spawn(CHILD, 1 << 20, 64, serve, 2);
    if (status == OBJECTOS_OK)
        status = objectos_capability_grant(CHILD, SERVER_ENDPOINT, ENDPOINT, OBJECTOS_RIGHT_READ, 0);
    if (status == OBJECTOS_OK)
        status = objectos_thread_resume(CHILD + OBJECTOS_SPAWN_THREAD);
    objectos_clock_now(&before);
    for (uint64_t i = 0; status == OBJECTOS_OK && i < count; i++) {
        struct objectos_message message = {.label = PING, .word = {i}};
        status = objectos_endpoint_call(ENDPOINT, &message);
        if (status == OBJECTOS_OK && message.word[0] != i + 1 + 2 * (i + 1))
            return 2;
    }
    objectos_clock_now(&after);
    struct objectos_message stop = {.label = STOP};
    if (status == OBJECTOS_OK)
        status = objectos_endpoint_call(ENDPOINT, &stop);
    if (status != OBJECTOS_OK) {
        objectos_say("pingpong: status ");
        objectos_say_number(status);
        objectos_say("\n");
        return 1;
    }
    objectos_say_number(count);
    objectos_say(" calls and answers in ");
    objectos_say_number(after - before);
    objectos_say(" ns; my own copy of the data says ");
    objectos_say_number(served);
    objectos_say(", the server's ");
    objectos_say_number(stop.word[0]);
    objectos_say("\n");
    return 0;
}
