/* A program that tries a network: it takes an address by DHCP, and then pings, answers pings, echoes a TCP connection or datagrams, as the boot arguments
 * say. It runs in supervisor mode without paging above an SBI, and powers off. */
#include "../bare/bare.h"
#include "card.h"

enum { ETHERNET = 14, INTERNET = 20, UDP = 8, TCP = 20, ARP = 28, ICMP = 8 };
enum { TYPE_INTERNET = 0x0800, TYPE_ARP = 0x0806, PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
enum { ECHO_REPLY = 0, ECHO = 8, ECHO_DATA = 32 };
enum { BOOTP_FIXED = 236, DISCOVER = 1, OFFER = 2, REQUEST = 3, DHCP_ACK = 5 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, WINDOW = 8192 };
enum { TRIES = 20, TRY_MILLISECONDS = 250 };

const char program_name[] = "netcheck";

static struct card card;
static uint32_t own; /* own: the address, 0 before there is one */
static uint8_t in[CARD_MOST], out[CARD_MOST];
static const uint8_t everybody[MAC_LENGTH] = {255, 255, 255, 255, 255, 255};

/* An address for "%u.%u.%u.%u". */
#define ADDRESS(a) (uint64_t)((a) >> 24), (uint64_t)((a) >> 16 & 255), (uint64_t)((a) >> 8 & 255), (uint64_t)((a) & 255)

static uint32_t get16(const uint8_t *from) { return (uint32_t)from[0] << 8 | from[1]; }
static uint32_t get32(const uint8_t *from) { return get16(from) << 16 | get16(from + 2); }
static void put16(uint8_t *to, uint32_t value) { to[0] = (uint8_t)(value >> 8); to[1] = (uint8_t)value; }
static void put32(uint8_t *to, uint32_t value) { put16(to, value >> 16); put16(to + 2, value); }

/* The sum of RFC 1071, not complemented yet. */
static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i + 1 < length; i += 2)
        start += get16(bytes + i);
    start += length % 2 ? (uint32_t)bytes[length - 1] << 8 : 0;
    while (start >> 16)
        start = (start & 0xffff) + (start >> 16);
    return start;
}

static bool same(const uint8_t *left, const uint8_t *right, size_t count) {
    while (count > 0 && *left == *right)
        left++, right++, count--;
    return count == 0;
}

/* Waiting: interrupts stay disabled and end WFI all the same, so that none is missed. */

static uint64_t after_milliseconds(uint64_t count) {
    return CSR_READ("time") + count * machine.timebase / 1000;
}

/* The length of the next frame in in; 0: none came until then. */
static size_t next_frame(uint64_t until) {
    for (;;) {
        size_t length = card_receive(&card, in);
        if (length > 0 || CSR_READ("time") >= until)
            return length;
        sbi_set_timer(until);
        __asm__ volatile("wfi" ::: "memory");
        uint32_t which = plic_claim();
        if (which == card.device.interrupt)
            virtio_acknowledge(&card.device);
        if (which != 0)
            plic_complete(which);
    }
}

/* Frames */

static void send(const uint8_t *to, uint32_t type, size_t length) {
    memcpy(out, to, MAC_LENGTH);
    memcpy(out + MAC_LENGTH, card.mac, MAC_LENGTH);
    put16(out + 12, type);
    card_send(&card, out, ETHERNET + length);
}

static void send_packet(const uint8_t *to, uint32_t address, uint32_t protocol, size_t length) {
    uint8_t *packet = out + ETHERNET;
    memset(packet, 0, INTERNET);
    packet[0] = 0x45;
    put16(packet + 2, (uint32_t)(INTERNET + length));
    packet[8] = 64;
    packet[9] = (uint8_t)protocol;
    put32(packet + 12, own);
    put32(packet + 16, address);
    put16(packet + 10, ~sum(0, packet, INTERNET));
    send(to, TYPE_INTERNET, INTERNET + length);
}

static void send_arp(uint32_t operation, const uint8_t *to, uint32_t address) {
    uint8_t *arp = out + ETHERNET;
    put16(arp, 1);
    put16(arp + 2, TYPE_INTERNET);
    arp[4] = MAC_LENGTH;
    arp[5] = 4;
    put16(arp + 6, operation);
    memcpy(arp + 8, card.mac, MAC_LENGTH);
    put32(arp + 14, own);
    memcpy(arp + 18, to, MAC_LENGTH);
    put32(arp + 24, address);
    send(to, TYPE_ARP, ARP);
}

static void send_echo(const uint8_t *to, uint32_t address, uint32_t type, const uint8_t *rest, size_t length) {
    uint8_t *message = out + ETHERNET + INTERNET;
    memset(message, 0, 4);
    message[0] = (uint8_t)type;
    memcpy(message + 4, rest, length);
    put16(message + 2, ~sum(0, message, 4 + length));
    send_packet(to, address, PROTOCOL_ICMP, 4 + length);
}

/* The payload of a whole packet in in, of a protocol, for this address; null: it is something else. */
static uint8_t *payload(size_t length, uint32_t protocol, size_t least, size_t *size) {
    uint8_t *packet = in + ETHERNET;
    if (length < ETHERNET + INTERNET || get16(in + 12) != TYPE_INTERNET || packet[0] != 0x45 || packet[9] != protocol)
        return NULL;
    *size = get16(packet + 2);
    if (*size < INTERNET + least || *size > length - ETHERNET || sum(0, packet, INTERNET) != 0xffff)
        return NULL;
    if (own && get32(packet + 16) != own)
        return NULL;
    *size -= INTERNET;
    return packet + INTERNET;
}

/* Answers what every host answers; true: it was an echo. */
static bool answer(size_t length) {
    uint8_t *arp = in + ETHERNET;
    if (length >= ETHERNET + ARP && get16(in + 12) == TYPE_ARP && get16(arp + 6) == 1 && get32(arp + 24) == own) {
        send_arp(2, arp + 8, get32(arp + 14));
        return false;
    }
    size_t size;
    uint8_t *message = payload(length, PROTOCOL_ICMP, ICMP, &size);
    if (!message || message[0] != ECHO || sum(0, message, size) != 0xffff)
        return false;
    send_echo(in + MAC_LENGTH, get32(in + ETHERNET + 12), ECHO_REPLY, message + 4, size - 4);
    return true;
}

/* An address by DHCP (RFC 2131) */

static void send_dhcp(uint32_t kind, uint32_t server, uint32_t wanted) {
    uint8_t *udp = out + ETHERNET + INTERNET, *message = udp + UDP, *option = message + BOOTP_FIXED;
    memset(udp, 0, UDP + BOOTP_FIXED + 64);
    message[0] = message[1] = 1;
    message[2] = MAC_LENGTH;
    put32(message + 4, 0x6e657431);
    put16(message + 10, 0x8000); /* answers to everybody, for there is no address yet */
    memcpy(message + 28, card.mac, MAC_LENGTH);
    put32(option, 0x63825363);
    option += 4;
    option[0] = 53, option[1] = 1, option[2] = (uint8_t)kind;
    option += 3;
    if (kind == REQUEST) {
        option[0] = 54, option[1] = 4;
        put32(option + 2, server);
        option[6] = 50, option[7] = 4;
        put32(option + 8, wanted);
        option += 12;
    }
    *option++ = 255;
    put16(udp, 68);
    put16(udp + 2, 67);
    put16(udp + 4, (uint32_t)(option - udp));
    send_packet(everybody, 0xffffffff, PROTOCOL_UDP, (size_t)(option - udp));
}

/* What the message offers or gives; 0: it is another. */
static uint32_t read_dhcp(size_t length, uint32_t kind, uint32_t *server) {
    size_t size;
    uint8_t *udp = payload(length, PROTOCOL_UDP, UDP + BOOTP_FIXED + 4, &size), *message = udp + UDP;
    if (!udp || get16(udp + 2) != 68 || message[0] != 2 || get32(message + 4) != 0x6e657431 || !same(message + 28, card.mac, MAC_LENGTH))
        return 0;
    uint32_t found = 0;
    for (uint8_t *option = message + BOOTP_FIXED + 4, *end = udp + size; option + 2 < end && *option != 255; option += *option ? 2 + option[1] : 1) {
        if (option[0] == 53)
            found = option[2];
        else if (option[0] == 54 && option + 6 <= end)
            *server = get32(option + 2);
    }
    return found == kind ? get32(message + 16) : 0;
}

static uint32_t ask_dhcp(uint32_t kind, uint32_t wanted_answer, uint32_t *server, uint32_t wanted) {
    for (int i = 0; i < TRIES; i++) {
        send_dhcp(kind, *server, wanted);
        uint64_t until = after_milliseconds(TRY_MILLISECONDS);
        for (size_t length; (length = next_frame(until)) > 0;) {
            uint32_t address = read_dhcp(length, wanted_answer, server);
            if (address)
                return address;
        }
    }
    fail("nobody gives an address");
}

/* The things to do */

static bool resolve(uint32_t address, uint8_t *mac) {
    for (int i = 0; i < TRIES; i++) {
        send_arp(1, everybody, address);
        uint64_t until = after_milliseconds(TRY_MILLISECONDS);
        for (size_t length; (length = next_frame(until)) > 0;) {
            uint8_t *arp = in + ETHERNET;
            if (length >= ETHERNET + ARP && get16(in + 12) == TYPE_ARP && get16(arp + 6) == 2 && get32(arp + 14) == address) {
                memcpy(mac, arp + 8, MAC_LENGTH);
                return true;
            }
            answer(length);
        }
    }
    return false;
}

static void ping(uint32_t address) {
    uint8_t mac[MAC_LENGTH], rest[4 + ECHO_DATA];
    if (!resolve(address, mac))
        fail("nobody has %u.%u.%u.%u", ADDRESS(address));
    for (uint32_t i = 0; i < sizeof rest; i++)
        rest[i] = (uint8_t)(i * 7 + own);
    for (int i = 0; i < TRIES; i++) {
        put16(rest + 2, (uint32_t)i);
        send_echo(mac, address, ECHO, rest, sizeof rest);
        uint64_t until = after_milliseconds(TRY_MILLISECONDS);
        for (size_t length, size; (length = next_frame(until)) > 0;) {
            uint8_t *message = payload(length, PROTOCOL_ICMP, ICMP, &size);
            if (message && message[0] == ECHO_REPLY && get32(in + ETHERNET + 12) == address && size == 4 + sizeof rest &&
                sum(0, message, size) == 0xffff && same(message + 4, rest, sizeof rest)) {
                print("reply from %u.%u.%u.%u\n", ADDRESS(address));
                return;
            }
            answer(length);
        }
    }
    fail("no reply from %u.%u.%u.%u", ADDRESS(address));
}

static void serve(uint64_t count) {
    for (uint64_t done = 0; done < count;)
        done += answer(next_frame(NEVER));
    print("answered %u\n", count);
}

/* One connection (RFC 9293) over a wire that loses nothing: nothing is repeated. What comes is sent back at once. */
static struct { uint8_t mac[MAC_LENGTH]; uint32_t address, port, own_port, next, expected; } peer;

static void send_segment(uint32_t flags, const uint8_t *data, size_t length) {
    uint8_t *segment = out + ETHERNET + INTERNET, pseudo[12];
    memset(segment, 0, TCP);
    put16(segment, peer.own_port);
    put16(segment + 2, peer.port);
    put32(segment + 4, peer.next);
    put32(segment + 8, peer.expected);
    segment[12] = TCP / 4 << 4;
    segment[13] = (uint8_t)flags;
    put16(segment + 14, WINDOW);
    memcpy(segment + TCP, data, length);
    put32(pseudo, own);
    put32(pseudo + 4, peer.address);
    put16(pseudo + 8, PROTOCOL_TCP);
    put16(pseudo + 10, (uint32_t)(TCP + length));
    put16(segment + 16, ~sum(sum(0, pseudo, sizeof pseudo), segment, TCP + length));
    peer.next += (uint32_t)length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
    send_packet(peer.mac, peer.address, PROTOCOL_TCP, TCP + length);
}

static void echo_connection(uint32_t port) {
    bool is_open = false, has_ended = false;
    uint64_t echoed = 0;
    peer.own_port = port;
    print("listening on %u\n", (uint64_t)port);
    for (;;) {
        size_t size, length = next_frame(NEVER);
        uint8_t *segment = payload(length, PROTOCOL_TCP, TCP, &size);
        if (!segment || get16(segment + 2) != port || (size_t)(segment[12] >> 4) * 4 > size) {
            answer(length);
            continue;
        }
        uint32_t flags = segment[13], header = (uint32_t)(segment[12] >> 4) * 4;
        if (!is_open && flags & SYN) {
            memcpy(peer.mac, in + MAC_LENGTH, MAC_LENGTH);
            peer.address = get32(in + ETHERNET + 12);
            peer.port = get16(segment);
            peer.next = 1000;
            peer.expected = get32(segment + 4) + 1;
            is_open = true;
            send_segment(SYN | ACK, NULL, 0);
            continue;
        }
        if (!is_open || get16(segment) != peer.port || get32(in + ETHERNET + 12) != peer.address)
            continue;
        if (flags & RST)
            fail("the connection was reset");
        if (has_ended && flags & ACK && get32(segment + 8) == peer.next)
            break;
        if (get32(segment + 4) != peer.expected || (size == header && !(flags & FIN))) {
            if (size > header)
                send_segment(ACK, NULL, 0);
            continue;
        }
        peer.expected += (uint32_t)(size - header);
        echoed += size - header;
        if (size > header)
            send_segment(ACK | PSH, segment + header, size - header);
        if (flags & FIN) {
            peer.expected++;
            has_ended = true;
            send_segment(FIN | ACK, NULL, 0);
        }
    }
    print("echoed %u\n", echoed);
}

/* Datagrams (RFC 768) go back to where they came from, with a sum of this program's own making; an empty one ends it. */
static void echo_datagrams(uint32_t port) {
    uint64_t echoed = 0;
    print("listening on %u\n", (uint64_t)port);
    for (bool is_last = false; !is_last;) {
        size_t size, length = next_frame(NEVER);
        uint8_t *from = payload(length, PROTOCOL_UDP, UDP, &size), *to = out + ETHERNET + INTERNET, pseudo[12];
        if (!from || get16(from + 2) != port) {
            answer(length);
            continue;
        }
        memcpy(pseudo, in + ETHERNET + 12, 8);
        put16(pseudo + 8, PROTOCOL_UDP);
        put16(pseudo + 10, (uint32_t)size);
        if (get16(from + 4) != size || sum(sum(0, pseudo, sizeof pseudo), from, size) != 0xffff)
            fail("a datagram of %u bytes has a wrong length or sum", (uint64_t)size);
        memcpy(to, from, size);
        put16(to, port);
        put16(to + 2, get16(from));
        put16(to + 6, 0);
        uint32_t checked = ~sum(sum(0, pseudo, sizeof pseudo), to, size) & 0xffff;
        put16(to + 6, checked ? checked : 0xffff);
        send_packet(in + MAC_LENGTH, get32(in + ETHERNET + 12), PROTOCOL_UDP, size);
        is_last = size == UDP;
        echoed += !is_last;
    }
    print("echoed %u datagrams\n", echoed);
}

static const char *skip(const char *text) {
    while (*text && *text != ' ')
        text++;
    while (*text == ' ')
        text++;
    return text;
}

static uint32_t read_address(const char *text) {
    uint32_t address = 0;
    for (int i = 0; i < 4; i++) {
        address = address << 8 | (uint32_t)(text_number(text) & 255);
        while (*text >= '0' && *text <= '9')
            text++;
        text += *text == '.';
    }
    return address;
}

_Noreturn void run(uint64_t hart, const void *tree) {
    bare_open(tree, fail_by_trap);
    if (!card_find(&card, tree))
        fail("there is no network card");
    const char *problem = card_open(&card);
    if (problem)
        fail("the network card %s", problem);
    plic_open(hart, card.device.interrupt);
    uint32_t server = 0, offered = ask_dhcp(DISCOVER, OFFER, &server, 0);
    own = ask_dhcp(REQUEST, DHCP_ACK, &server, offered);
    print("address %u.%u.%u.%u\n", ADDRESS(own));

    const char *what = machine.arguments;
    while (*what == ' ')
        what++;
    if (text_has_word(what, "ping"))
        ping(read_address(skip(what)));
    else if (text_has_word(what, "serve"))
        serve(text_number(skip(what)));
    else if (text_has_word(what, "tcp-echo"))
        echo_connection((uint32_t)text_number(skip(what)));
    else if (text_has_word(what, "udp-echo"))
        echo_datagrams((uint32_t)text_number(skip(what)));
    else
        fail("the boot arguments are \"%s\"; ping ADDRESS, serve COUNT, tcp-echo PORT or udp-echo PORT are known", what);
    sbi_power_off(false);
}
