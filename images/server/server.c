/* One server, many clients: each adds numbers to an account that its badge alone names, and in the end checks its own sum. */
#include "objectos_spawn.h"

enum { CLIENTS = 12, ROUNDS = 200 };
enum { ENDPOINT = 16, REPLY = 17, CHILD = 32 };
enum { CLIENT_ENDPOINT = 2 };
enum { ADD = 1, RIGHT = 2, WRONG = 3 };

static uint64_t add(uint64_t value)
{
    struct objectos_message message = {.label = ADD, .word = {value}};
    return objectos_endpoint_call(CLIENT_ENDPOINT, &message) == OBJECTOS_OK ? message.word[0] : 0;
}

static void client(uint64_t seed)
{
    uint64_t sum = 0, last = 0;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        sum += seed * i + 1;
        last = add(seed * i + 1);
    }
    struct objectos_message end = {.label = last == sum ? RIGHT : WRONG};
    objectos_endpoint_call(CLIENT_ENDPOINT, &end);
    objectos_thread_exit(0);
}

static int answer(uint64_t label, uint64_t word)
{
    struct objectos_message message = {.label = label, .word = {word}};
    return objectos_reply_send(REPLY, &message) == OBJECTOS_OK;
}

int objectos_main(const struct objectos_start *start)
{
    static uint64_t sums[CLIENTS + 1];
    int ended = 0, right = 0;
    (void)start;
    if (objectos_endpoint_create(OBJECTOS_SLOT_CELL, ENDPOINT) != OBJECTOS_OK)
        return 1;
    for (uint64_t i = 1; i <= CLIENTS; i++) {
        uint64_t at = CHILD + i * OBJECTOS_SPAWN_SLOTS;
        if (objectos_spawn(at, 1 << 18, 32, client, i * 7) != OBJECTOS_OK ||
            objectos_capability_grant(at, CLIENT_ENDPOINT, ENDPOINT, OBJECTOS_RIGHT_WRITE, i) != OBJECTOS_OK ||
            objectos_thread_resume(at + OBJECTOS_SPAWN_THREAD) != OBJECTOS_OK)
            return 2;
    }
    while (ended < CLIENTS) {
        struct objectos_message message;
        if (objectos_endpoint_receive(ENDPOINT, REPLY, 0, 0, &message) != OBJECTOS_OK)
            return 3;
        uint64_t badge = message.address; /* on receiving, word 8 is the badge */
        if (badge < 1 || badge > CLIENTS)
            return 4;
        if (message.label == ADD) {
            sums[badge] += message.word[0];
        } else {
            ended++;
            right += message.label == RIGHT;
        }
        if (!answer(0, sums[badge]))
            return 5;
    }
    objectos_say_number((uint64_t)right);
    objectos_say(" of ");
    objectos_say_number(CLIENTS);
    objectos_say(" clients got their own sums\n");
    return right == CLIENTS ? 0 : 6;
}
