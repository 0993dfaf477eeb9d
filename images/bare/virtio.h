/* virtio.h - virtio devices over MMIO (VIRTIO 1.2, 4.2): version 2, and the legacy version 1 (4.2.4). */
#ifndef BARE_VIRTIO_H
#define BARE_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VIRTIO_NETWORK = 1, VIRTIO_BLOCK = 2, VIRTIO_CONSOLE = 3, VIRTIO_ENTROPY = 4 };
enum { VIRTIO_QUEUE = 16, VIRTIO_ALIGNMENT = 4096 };
enum { VIRTIO_NEXT = 1, VIRTIO_WRITABLE = 2 }; /* flags of descriptors */

struct virtio {
    uint64_t base, features; /* features: those agreed upon, VERSION_1 apart */
    uint32_t interrupt, version;
};

/* In the layout that the legacy version prescribes (2.7.2), which suits the other, too. */
struct virtio_queue {
    _Alignas(VIRTIO_ALIGNMENT) struct { uint64_t address; uint32_t length; uint16_t flags, next; } descriptors[VIRTIO_QUEUE];
    volatile struct { uint16_t flags, index, ring[VIRTIO_QUEUE]; } available;
    _Alignas(VIRTIO_ALIGNMENT) volatile struct { uint16_t flags, index; struct { uint32_t id, length; } ring[VIRTIO_QUEUE]; } used;
    uint16_t seen;
};

/* Finds the index-th device of a type that the device tree names; false: there is none. */
bool virtio_find(struct virtio *device, const void *tree, uint32_t type, uint32_t index);
/* Resets it and agrees upon the wanted features, as far as they are offered. Null, or what went wrong. */
const char *virtio_begin(struct virtio *device, uint64_t wanted);
/* Gives it a queue; false: it does not take it. */
bool virtio_open(const struct virtio *device, uint32_t number, struct virtio_queue *queue);
/* All queues are there: it may begin. */
void virtio_start(const struct virtio *device);

/* Where its configuration lies. */
volatile void *virtio_configuration(const struct virtio *device, uint32_t offset);

void virtio_describe(struct virtio_queue *queue, uint16_t index, const volatile void *what, size_t length, uint16_t flags);
/* Hands over the chain that begins with a descriptor. */
void virtio_offer(const struct virtio *device, uint32_t number, struct virtio_queue *queue, uint16_t head);
/* Takes the next chain that the device has given back; false: there is none. */
bool virtio_take(struct virtio_queue *queue, uint32_t *head, uint32_t *written);
/* Takes its interrupt back. */
void virtio_acknowledge(const struct virtio *device);

#endif
