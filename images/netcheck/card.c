#include "card.h"

#include "../tiny/fdt.h"
#include "../tiny/text.h"

enum { MAGIC = 0x00, VERSION = 0x04, DEVICE = 0x08, FEATURES = 0x10, FEATURES_SELECT = 0x14, DRIVER_FEATURES = 0x20, DRIVER_SELECT = 0x24,
       QUEUE_SELECT = 0x30, QUEUE_MOST = 0x34, QUEUE_SIZE = 0x38, QUEUE_READY = 0x44, NOTIFY = 0x50, INTERRUPT = 0x60, ACKNOWLEDGE = 0x64,
       STATUS = 0x70, DESCRIPTORS = 0x80, AVAILABLE = 0x90, USED = 0xa0, CONFIGURATION = 0x100 };
enum { NET = 1, FEATURE_MAC = 1 << 5, FEATURE_VERSION_1 = 1 /* of the upper half */ };
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
enum { RECEIVE = 0, TRANSMIT = 1, BUFFERS = 16, WRITABLE = 2, HEADER = 12 };

struct descriptor { uint64_t address; uint32_t length; uint16_t flags, next; };
struct available { uint16_t flags, index, ring[BUFFERS]; };
struct used { uint16_t flags, index; struct { uint32_t id, length; } ring[BUFFERS]; };

static struct {
    _Alignas(16) struct descriptor descriptors[BUFFERS];
    _Alignas(4) volatile struct available available;
    _Alignas(4) volatile struct used used;
    uint16_t seen;
} queues[2];

static uint8_t received[BUFFERS][HEADER + CARD_MOST + 2], sent[HEADER + CARD_MOST];

static volatile uint32_t *at(const struct card *card, uint32_t offset) {
    return (volatile uint32_t *)(card->base + offset);
}

static void fence(void) {
    __asm__ volatile("fence" ::: "memory");
}

bool card_find(struct card *card, const void *tree) {
    struct fdt_node node;
    struct fdt_range range;
    fdt_open(tree, &node);
    while (fdt_next(&node)) {
        if (!fdt_lists(&node, "compatible", "virtio,mmio") || !fdt_reg(&node, 0, &range))
            continue;
        card->base = range.base;
        card->interrupt = fdt_cell(&node, "interrupts", 0, fdt_cell(&node, "interrupts-extended", 1, 0));
        if (*at(card, MAGIC) == 0x74726976 && *at(card, DEVICE) == NET)
            return true;
    }
    return false;
}

static void set_address(const struct card *card, uint32_t offset, const volatile void *what) {
    *at(card, offset) = (uint32_t)(uint64_t)what;
    *at(card, offset + 4) = (uint32_t)((uint64_t)what >> 32);
}

static bool open_queue(const struct card *card, uint32_t queue) {
    *at(card, QUEUE_SELECT) = queue;
    if (*at(card, QUEUE_MOST) < BUFFERS)
        return false;
    *at(card, QUEUE_SIZE) = BUFFERS;
    set_address(card, DESCRIPTORS, queues[queue].descriptors);
    set_address(card, AVAILABLE, &queues[queue].available);
    set_address(card, USED, &queues[queue].used);
    fence();
    *at(card, QUEUE_READY) = 1;
    return *at(card, QUEUE_READY) == 1;
}

static void offer(const struct card *card, uint32_t queue, uint16_t descriptor) {
    volatile struct available *available = &queues[queue].available;
    available->ring[available->index % BUFFERS] = descriptor;
    fence();
    available->index++;
    fence();
    *at(card, NOTIFY) = queue;
}

const char *card_open(struct card *card) {
    if (*at(card, VERSION) != 2)
        return "is of another version";
    *at(card, STATUS) = 0;
    *at(card, STATUS) = STATUS_ACKNOWLEDGE;
    *at(card, STATUS) = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
    *at(card, FEATURES_SELECT) = 1;
    if (!(*at(card, FEATURES) & FEATURE_VERSION_1))
        return "does not offer VERSION_1";
    *at(card, FEATURES_SELECT) = 0;
    if (!(*at(card, FEATURES) & FEATURE_MAC))
        return "has no address";
    *at(card, DRIVER_SELECT) = 0;
    *at(card, DRIVER_FEATURES) = FEATURE_MAC;
    *at(card, DRIVER_SELECT) = 1;
    *at(card, DRIVER_FEATURES) = FEATURE_VERSION_1;
    *at(card, STATUS) = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    if (!(*at(card, STATUS) & STATUS_FEATURES_OK))
        return "does not take the features";
    if (!open_queue(card, RECEIVE) || !open_queue(card, TRANSMIT))
        return "does not take its queues";
    *at(card, STATUS) = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK;
    for (uint32_t i = 0; i < MAC_LENGTH; i++)
        card->mac[i] = *((volatile uint8_t *)at(card, CONFIGURATION) + i);
    for (uint16_t i = 0; i < BUFFERS; i++) {
        queues[RECEIVE].descriptors[i] = (struct descriptor){(uint64_t)received[i], sizeof received[i], WRITABLE, 0};
        offer(card, RECEIVE, i);
    }
    return NULL;
}

void card_send(const struct card *card, const void *frame, size_t length) {
    memset(sent, 0, HEADER);
    memcpy(sent + HEADER, frame, length);
    queues[TRANSMIT].descriptors[0] = (struct descriptor){(uint64_t)sent, (uint32_t)(HEADER + length), 0, 0};
    offer(card, TRANSMIT, 0);
    queues[TRANSMIT].seen++;
    while (queues[TRANSMIT].used.index != queues[TRANSMIT].seen)
        fence();
}

size_t card_receive(const struct card *card, void *frame) {
    volatile struct used *used = &queues[RECEIVE].used;
    fence();
    if (used->index == queues[RECEIVE].seen)
        return 0;
    fence();
    uint32_t place = queues[RECEIVE].seen++ % BUFFERS, id = used->ring[place].id, length = used->ring[place].length;
    length = length < HEADER ? 0 : length - HEADER;
    length = length > CARD_MOST ? CARD_MOST : length;
    memcpy(frame, received[id] + HEADER, length);
    offer(card, RECEIVE, (uint16_t)id);
    return length;
}

void card_acknowledge(const struct card *card) {
    *at(card, ACKNOWLEDGE) = *at(card, INTERRUPT);
}
