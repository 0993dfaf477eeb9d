#include "card.h"

#include "../tiny/text.h"

enum { FEATURE_MAC = 1 << 5 };
enum { RECEIVE = 0, TRANSMIT = 1, BUFFERS = VIRTIO_QUEUE, LARGEST_HEADER = 12, LEGACY_HEADER = 10 };

static struct virtio_queue queues[2];
static uint8_t received[BUFFERS][LARGEST_HEADER + CARD_MOST + 2], sent[LARGEST_HEADER + CARD_MOST];

/* 5.1.6.1: a legacy header without merged buffers has no num_buffers. */
static uint32_t header_of(const struct card *card) {
    return card->device.version == 1 ? LEGACY_HEADER : LARGEST_HEADER;
}

bool card_find(struct card *card, const void *tree) {
    return virtio_find(&card->device, tree, VIRTIO_NETWORK, 0);
}

const char *card_open(struct card *card) {
    const char *problem = virtio_begin(&card->device, FEATURE_MAC);
    if (problem)
        return problem;
    if (!(card->device.features & FEATURE_MAC))
        return "has no address";
    if (!virtio_open(&card->device, RECEIVE, &queues[RECEIVE]) || !virtio_open(&card->device, TRANSMIT, &queues[TRANSMIT]))
        return "does not take its queues";
    virtio_start(&card->device);
    for (uint32_t i = 0; i < MAC_LENGTH; i++)
        card->mac[i] = *(volatile uint8_t *)virtio_configuration(&card->device, i);
    for (uint16_t i = 0; i < BUFFERS; i++) {
        virtio_describe(&queues[RECEIVE], i, received[i], sizeof received[i], VIRTIO_WRITABLE);
        virtio_offer(&card->device, RECEIVE, &queues[RECEIVE], i);
    }
    return NULL;
}

void card_send(const struct card *card, const void *frame, size_t length) {
    uint32_t header = header_of(card), head, written;
    memset(sent, 0, header);
    memcpy(sent + header, frame, length);
    virtio_describe(&queues[TRANSMIT], 0, sent, header + length, 0);
    virtio_offer(&card->device, TRANSMIT, &queues[TRANSMIT], 0);
    while (!virtio_take(&queues[TRANSMIT], &head, &written)) {
    }
}

size_t card_receive(const struct card *card, void *frame) {
    uint32_t header = header_of(card), head, written;
    if (!virtio_take(&queues[RECEIVE], &head, &written))
        return 0;
    size_t length = written < header ? 0 : written - header;
    length = length > CARD_MOST ? CARD_MOST : length;
    memcpy(frame, received[head] + header, length);
    virtio_offer(&card->device, RECEIVE, &queues[RECEIVE], (uint16_t)head);
    return length;
}
