/* card.h - a virtio network card (VIRTIO 1.2, 5.1), polled by its interrupt. */
#ifndef NETCHECK_CARD_H
#define NETCHECK_CARD_H

#include "../bare/virtio.h"

enum { CARD_MOST = 1514, MAC_LENGTH = 6 };

struct card {
    struct virtio device;
    uint8_t mac[MAC_LENGTH];
};

/* Finds the first card that the device tree names; false: there is none. */
bool card_find(struct card *card, const void *tree);
/* Negotiates, and gives the card its buffers. Null, or what went wrong. */
const char *card_open(struct card *card);
/* Copies the frame and waits until the card has taken it. */
void card_send(const struct card *card, const void *frame, size_t length);
/* Copies the next frame that came; 0: there is none. */
size_t card_receive(const struct card *card, void *frame);

#endif
