/* A program that tries the virtio devices of its machine, but for network cards, which netcheck tries: every console greets and echoes a line, every
 * disk is written and read, every source of entropy asked. It runs in supervisor mode without paging above an SBI, and powers off. */
#include "../bare/bare.h"
#include "../bare/virtio.h"

const char program_name[] = "virtiocheck";

enum { RECEIVE = 0, TRANSMIT = 1, CONSOLE_SIZE = 1 << 0, CONSOLE_EMERGENCY = 1 << 2, EMERGENCY_WRITE = 8, LONGEST_LINE = 100 };
enum { BLOCK_READ_ONLY = 1 << 5, BLOCK_FLUSH = 1 << 9, BLOCK_IN = 0, BLOCK_OUT = 1, COMMAND_FLUSH = 4, GET_IDENTITY = 8, SECTOR = 512, IDENTITY = 20 };
enum { PATIENCE_SECONDS = 60 };

static struct virtio device;
static struct virtio_queue queues[2];

static void open_device(const char *what, uint64_t wanted, uint32_t count) {
    memset(queues, 0, sizeof queues);
    const char *problem = virtio_begin(&device, wanted);
    if (problem)
        fail("the %s %s", what, problem);
    for (uint32_t i = 0; i < count; i++)
        if (!virtio_open(&device, i, &queues[i]))
            fail("the %s does not take its queue %u", what, (uint64_t)i);
    virtio_start(&device);
}

/* The bytes that the device has written into the next chain of a queue; sleeps until it is there. */
static uint32_t await(uint32_t number) {
    uint32_t head, written;
    uint64_t end = CSR_READ("time") + PATIENCE_SECONDS * machine.timebase;
    sbi_set_timer(end);
    while (!virtio_take(&queues[number], &head, &written)) {
        if (CSR_READ("time") >= end)
            fail("a device at 0x%x is silent for %u seconds", device.base, (uint64_t)PATIENCE_SECONDS);
        __asm__ volatile("wfi" ::: "memory");
        uint32_t which = plic_claim();
        if (which == device.interrupt)
            virtio_acknowledge(&device);
        if (which != 0)
            plic_complete(which);
    }
    return written;
}

/* Consoles */

static void put(const char *text, size_t length) {
    virtio_describe(&queues[TRANSMIT], 0, text, length, 0);
    virtio_offer(&device, TRANSMIT, &queues[TRANSMIT], 0);
    await(TRANSMIT);
}

/* A line without its end; what comes in the same piece behind it is lost. */
static size_t get(char *line) {
    size_t length = 0;
    while (length < LONGEST_LINE) {
        virtio_describe(&queues[RECEIVE], 0, line + length, LONGEST_LINE - length, VIRTIO_WRITABLE);
        virtio_offer(&device, RECEIVE, &queues[RECEIVE], 0);
        for (size_t end = length + await(RECEIVE); length < end; length++)
            if (line[length] == '\n')
                return length;
    }
    return length;
}

static void try_console(uint64_t hart) {
    static char line[LONGEST_LINE];
    static const char greeting[] = "who is there?\n", answer[] = "hello, ";
    volatile uint32_t *emergency = virtio_configuration(&device, EMERGENCY_WRITE);
    *emergency = '!'; /* before anything is set up */
    open_device("console", CONSOLE_SIZE | CONSOLE_EMERGENCY, 2);
    plic_open(hart, device.interrupt);
    uint64_t columns = 0, rows = 0;
    if (device.features & CONSOLE_SIZE) {
        columns = *(volatile uint16_t *)virtio_configuration(&device, 0);
        rows = *(volatile uint16_t *)virtio_configuration(&device, 2);
    }
    print("console of %u by %u, version %u%s\n", columns, rows, (uint64_t)device.version, device.features & CONSOLE_EMERGENCY ? ", emergency write" : "");
    put(greeting, sizeof greeting - 1);
    size_t length = get(line);
    put(answer, sizeof answer - 1);
    put(line, length);
    put("\n", 1);
}

/* Disks */

static struct { uint32_t command, reserved; uint64_t sector; } request;
static uint8_t data[3 * SECTOR];
static volatile uint8_t status;

static uint8_t transfer(uint32_t command, uint64_t sector, void *buffer, size_t length) {
    request.command = command;
    request.sector = sector;
    status = 0xff;
    virtio_describe(&queues[0], 0, &request, sizeof request, VIRTIO_NEXT);
    if (length > 0)
        virtio_describe(&queues[0], 1, buffer, length, VIRTIO_NEXT | (command == BLOCK_OUT ? 0 : VIRTIO_WRITABLE));
    virtio_describe(&queues[0], 2, &status, 1, VIRTIO_WRITABLE);
    if (length == 0)
        queues[0].descriptors[0].next = 2;
    virtio_offer(&device, 0, &queues[0], 0);
    await(0);
    return status;
}

static void must(const char *what, uint8_t found) {
    if (found != 0)
        fail("a disk's %s ends with status %u", what, (uint64_t)found);
}

static void try_disk(uint64_t hart) {
    open_device("disk", BLOCK_READ_ONLY | BLOCK_FLUSH, 1);
    plic_open(hart, device.interrupt);
    uint64_t sectors = *(volatile uint64_t *)virtio_configuration(&device, 0);
    char identity[IDENTITY + 1] = {0};
    must("identity", transfer(GET_IDENTITY, 0, identity, IDENTITY));
    bool is_read_only = device.features & BLOCK_READ_ONLY;
    uint64_t count = sectors < 3 ? sectors : 3, last = sectors - count;
    if (!is_read_only) {
        for (size_t i = 0; i < count * SECTOR; i++)
            data[i] = (uint8_t)(i * 7 + i / SECTOR);
        must("write", transfer(BLOCK_OUT, last, data, count * SECTOR));
        if (device.features & BLOCK_FLUSH)
            must("flush", transfer(COMMAND_FLUSH, 0, NULL, 0));
    } else if (transfer(BLOCK_OUT, last, data, count * SECTOR) != 1) {
        fail("a read-only disk is written");
    }
    memset(data, 0xee, sizeof data);
    must("read", transfer(BLOCK_IN, last, data, count * SECTOR));
    uint64_t sum = 0;
    for (size_t i = 0; i < count * SECTOR; i++) {
        sum += data[i];
        if (!is_read_only && data[i] != (uint8_t)(i * 7 + i / SECTOR))
            fail("byte %u of sector %u is 0x%x", i % SECTOR, last + i / SECTOR, (uint64_t)data[i]);
    }
    if (transfer(BLOCK_IN, sectors, data, SECTOR) != 1)
        fail("a sector behind the end is read");
    print("disk \"%s\" of %u sectors, version %u: %s, sum %u\n", identity, sectors, (uint64_t)device.version, is_read_only ? "read" : "written and read", sum);
}

/* Entropy */

static void try_entropy(uint64_t hart) {
    static uint8_t bytes[64];
    open_device("source of entropy", 0, 1);
    plic_open(hart, device.interrupt);
    virtio_describe(&queues[0], 0, bytes, sizeof bytes, VIRTIO_WRITABLE);
    virtio_offer(&device, 0, &queues[0], 0);
    uint32_t written = await(0), different = 0;
    if (written == 0 || written > sizeof bytes)
        fail("the source of entropy says that it gave %u bytes", (uint64_t)written);
    for (uint32_t i = 1; i < written; i++)
        different += bytes[i] != bytes[0];
    if (different < written / 2)
        fail("the source of entropy repeats itself");
    print("entropy: %u bytes, version %u\n", (uint64_t)written, (uint64_t)device.version);
}

_Noreturn void run(uint64_t hart, const void *tree) {
    bare_open(tree, fail_by_trap);
    for (uint32_t i = 0; virtio_find(&device, tree, VIRTIO_BLOCK, i); i++)
        try_disk(hart);
    for (uint32_t i = 0; virtio_find(&device, tree, VIRTIO_CONSOLE, i); i++)
        try_console(hart);
    for (uint32_t i = 0; virtio_find(&device, tree, VIRTIO_ENTROPY, i); i++)
        try_entropy(hart);
    print("VIRTIO-OK\n");
    sbi_power_off(false);
}
