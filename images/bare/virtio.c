#include "virtio.h"

#include "../tiny/fdt.h"

enum { MAGIC = 0x00, VERSION = 0x04, DEVICE = 0x08, FEATURES = 0x10, FEATURES_SELECT = 0x14, DRIVER_FEATURES = 0x20, DRIVER_SELECT = 0x24,
       PAGE_SIZE = 0x28, QUEUE_SELECT = 0x30, QUEUE_MOST = 0x34, QUEUE_SIZE = 0x38, QUEUE_ALIGN = 0x3c, QUEUE_PAGE = 0x40, QUEUE_READY = 0x44,
       NOTIFY = 0x50, INTERRUPT = 0x60, ACKNOWLEDGE = 0x64, STATUS = 0x70, DESCRIPTORS = 0x80, AVAILABLE = 0x90, USED = 0xa0,
       CONFIGURATION = 0x100 };
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
enum { UPPER_VERSION_1 = 1 };

static volatile uint32_t *at(const struct virtio *device, uint32_t offset) {
    return (volatile uint32_t *)(device->base + offset);
}

static void fence(void) {
    __asm__ volatile("fence" ::: "memory");
}

bool virtio_find(struct virtio *device, const void *tree, uint32_t type, uint32_t index) {
    struct fdt_node node;
    struct fdt_range range;
    fdt_open(tree, &node);
    while (fdt_next(&node)) {
        if (!fdt_lists(&node, "compatible", "virtio,mmio") || !fdt_reg(&node, 0, &range))
            continue;
        device->base = range.base;
        device->interrupt = fdt_cell(&node, "interrupts", 0, fdt_cell(&node, "interrupts-extended", 1, 0));
        if (*at(device, MAGIC) == 0x74726976 && *at(device, DEVICE) == type && index-- == 0)
            return true;
    }
    return false;
}

const char *virtio_begin(struct virtio *device, uint64_t wanted) {
    device->version = *at(device, VERSION);
    if (device->version != 1 && device->version != 2)
        return "is of another version";
    *at(device, STATUS) = 0;
    *at(device, STATUS) = STATUS_ACKNOWLEDGE;
    *at(device, STATUS) = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
    if (device->version == 1)
        *at(device, PAGE_SIZE) = VIRTIO_ALIGNMENT;
    *at(device, FEATURES_SELECT) = 1;
    bool is_modern = *at(device, FEATURES) & UPPER_VERSION_1;
    if (is_modern != (device->version == 2))
        return is_modern ? "offers VERSION_1 and is legacy" : "does not offer VERSION_1";
    *at(device, FEATURES_SELECT) = 0;
    device->features = *at(device, FEATURES) & wanted;
    *at(device, DRIVER_SELECT) = 0;
    *at(device, DRIVER_FEATURES) = (uint32_t)device->features;
    if (device->version == 1)
        return NULL;
    *at(device, DRIVER_SELECT) = 1;
    *at(device, DRIVER_FEATURES) = UPPER_VERSION_1;
    *at(device, STATUS) = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    return *at(device, STATUS) & STATUS_FEATURES_OK ? NULL : "does not take the features";
}

static void set_address(const struct virtio *device, uint32_t offset, const volatile void *what) {
    *at(device, offset) = (uint32_t)(uint64_t)what;
    *at(device, offset + 4) = (uint32_t)((uint64_t)what >> 32);
}

bool virtio_open(const struct virtio *device, uint32_t number, struct virtio_queue *queue) {
    *at(device, QUEUE_SELECT) = number;
    if (*at(device, QUEUE_MOST) < VIRTIO_QUEUE)
        return false;
    *at(device, QUEUE_SIZE) = VIRTIO_QUEUE;
    fence();
    if (device->version == 1) {
        *at(device, QUEUE_ALIGN) = VIRTIO_ALIGNMENT;
        *at(device, QUEUE_PAGE) = (uint32_t)((uint64_t)queue / VIRTIO_ALIGNMENT);
        return *at(device, QUEUE_PAGE) == (uint32_t)((uint64_t)queue / VIRTIO_ALIGNMENT);
    }
    set_address(device, DESCRIPTORS, queue->descriptors);
    set_address(device, AVAILABLE, &queue->available);
    set_address(device, USED, &queue->used);
    *at(device, QUEUE_READY) = 1;
    return *at(device, QUEUE_READY) == 1;
}

void virtio_start(const struct virtio *device) {
    *at(device, STATUS) = STATUS_ACKNOWLEDGE | STATUS_DRIVER | (device->version == 2 ? STATUS_FEATURES_OK : 0) | STATUS_DRIVER_OK;
}

volatile void *virtio_configuration(const struct virtio *device, uint32_t offset) {
    return (volatile void *)(device->base + CONFIGURATION + offset);
}

void virtio_describe(struct virtio_queue *queue, uint16_t index, const volatile void *what, size_t length, uint16_t flags) {
    queue->descriptors[index].address = (uint64_t)what;
    queue->descriptors[index].length = (uint32_t)length;
    queue->descriptors[index].flags = flags;
    queue->descriptors[index].next = (uint16_t)(index + 1);
}

void virtio_offer(const struct virtio *device, uint32_t number, struct virtio_queue *queue, uint16_t head) {
    queue->available.ring[queue->available.index % VIRTIO_QUEUE] = head;
    fence();
    queue->available.index++;
    fence();
    *at(device, NOTIFY) = number;
}

bool virtio_take(struct virtio_queue *queue, uint32_t *head, uint32_t *written) {
    fence();
    if (queue->used.index == queue->seen)
        return false;
    fence();
    uint32_t place = queue->seen++ % VIRTIO_QUEUE;
    *head = queue->used.ring[place].id;
    *written = queue->used.ring[place].length;
    return true;
}

void virtio_acknowledge(const struct virtio *device) {
    *at(device, ACKNOWLEDGE) = *at(device, INTERRUPT);
}
