/* Registers, packs and frames; the frame constants are in splatsieve_view.c. */
#include "splatsieve.h"

#include <string.h>

#define PAGE_BYTES 4096u
#define HEADER_BYTES 256u
#define RECORD_BYTES 32u

static uint32_t mapped_read(void *context, uint32_t offset)
{
    return ((volatile uint32_t *)context)[offset / 4];
}

static void mapped_write(void *context, uint32_t offset, uint32_t value)
{
    ((volatile uint32_t *)context)[offset / 4] = value;
}

splatsieve_bus splatsieve_mapped(volatile uint32_t *base)
{
    splatsieve_bus bus = {(void *)base, mapped_read, mapped_write};
    return bus;
}

static uint32_t get(const splatsieve_bus *bus, uint32_t offset)
{
    return bus->read(bus->context, offset);
}

static void put(const splatsieve_bus *bus, uint32_t offset, uint32_t value)
{
    bus->write(bus->context, offset, value);
}

splatsieve_error splatsieve_check(const splatsieve_bus *bus)
{
    static const uint32_t build[][3] = SPLATSIEVE_BUILD; /* offset, mask, value */
    if (get(bus, SPLATSIEVE_REG_IDENTITY) != SPLATSIEVE_IDENTITY_MAGIC) return SPLATSIEVE_ABSENT;
    for (unsigned n = 0; n < sizeof build / sizeof build[0]; ++n)
        if ((get(bus, build[n][0]) & build[n][1]) != build[n][2]) return SPLATSIEVE_OTHER_BUILD;
    return SPLATSIEVE_OK;
}

/* Little-endian, whatever the host's order. */
static uint64_t number(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;
    while (count--) value = value << 8 | bytes[count];
    return value;
}

splatsieve_error splatsieve_open_pack(const void *image, uint64_t bytes, splatsieve_pack *pack)
{
    const uint8_t *header = (const uint8_t *)image;
    /* Section 2 of the table at byte 72: the clusters. */
    const uint8_t *section = header + 72 + 24 * 2;
    if (bytes < HEADER_BYTES || memcmp(header, "SPLTPACK", 8) != 0) return SPLATSIEVE_BAD_PACK;
    if (number(header + 8, 4) != SPLATSIEVE_VERSION_PACK_VALUE) return SPLATSIEVE_BAD_PACK;
    if (number(header + 56, 4) != SPLATSIEVE_CONFIG_TABLES_CENTER_BITS_VALUE ||
        number(header + 60, 4) != SPLATSIEVE_CONFIG_TABLES_RADIUS_BITS_VALUE)
        return SPLATSIEVE_BAD_PACK;
    pack->clusters_count = number(header + 24, 8);
    const uint64_t offset = number(section, 8);
    if (offset > bytes || pack->clusters_count > (bytes - offset) / RECORD_BYTES)
        return SPLATSIEVE_BAD_PACK;
    pack->clusters = header + offset;
    pack->exponent = (int32_t)(uint32_t)number(header + 48, 4);
    for (int n = 0; n < 3; ++n) {
        const uint64_t bits = number(header + 216 + 8 * n, 8);
        memcpy(&pack->origin[n], &bits, sizeof bits);
    }
    return SPLATSIEVE_OK;
}

/* Whether a window lies in reach; the last byte of all is not used, as in the Python driver. */
static int in_reach(uint64_t address, uint64_t bytes)
{
    const unsigned bits = SPLATSIEVE_CONFIG_ADDRESS_BITS_VALUE;
    const uint64_t most = bits < 64 ? ((uint64_t)1 << bits) - 1 : UINT64_MAX;
    return address % PAGE_BYTES == 0 && address <= most && bytes <= most - address;
}

static void put_long(const splatsieve_bus *bus, uint32_t offset, uint64_t value)
{
    put(bus, offset, (uint32_t)value);
    put(bus, offset + 4, (uint32_t)(value >> 32));
}

splatsieve_error splatsieve_open(const splatsieve_bus *bus, uint64_t address, uint64_t bytes)
{
    if (bytes < HEADER_BYTES || !in_reach(address, bytes)) return SPLATSIEVE_BAD_ADDRESS;
    put_long(bus, SPLATSIEVE_REG_PACK_ADDRESS_LOW, address);
    put_long(bus, SPLATSIEVE_REG_PACK_BYTES_LOW, bytes);
    return SPLATSIEVE_OK;
}

#ifdef SPLATSIEVE_REG_PICTURE_ADDRESS_LOW
splatsieve_error splatsieve_open_picture(const splatsieve_bus *bus, uint64_t address,
                                         uint64_t bytes)
{
    if (bytes == 0 || !in_reach(address, bytes)) return SPLATSIEVE_BAD_ADDRESS;
    put_long(bus, SPLATSIEVE_REG_PICTURE_ADDRESS_LOW, address);
    put_long(bus, SPLATSIEVE_REG_PICTURE_BYTES_LOW, bytes);
    return SPLATSIEVE_OK;
}
#endif

splatsieve_error splatsieve_set_constants(const splatsieve_bus *bus,
                                          const uint32_t words[SPLATSIEVE_FRAME_WORDS])
{
    if (splatsieve_status(bus).queued) return SPLATSIEVE_QUEUED;
    for (uint32_t n = 0; n < SPLATSIEVE_FRAME_WORDS; ++n)
        put(bus, SPLATSIEVE_FRAME_FIRST + 4 * n, words[n]);
    return SPLATSIEVE_OK;
}

splatsieve_error splatsieve_set_camera(const splatsieve_bus *bus, const splatsieve_camera *camera,
                                       const splatsieve_rules *rules, const splatsieve_pack *pack,
                                       const splatsieve_drawing *drawing)
{
    uint32_t words[SPLATSIEVE_FRAME_WORDS];
    const splatsieve_error error = splatsieve_constants(camera, rules, pack, drawing, words);
    return error ? error : splatsieve_set_constants(bus, words);
}

splatsieve_error splatsieve_start(const splatsieve_bus *bus)
{
    if (splatsieve_status(bus).busy) return SPLATSIEVE_BUSY;
    put(bus, SPLATSIEVE_REG_CONTROL, SPLATSIEVE_CONTROL_START_MASK);
    return SPLATSIEVE_OK;
}

splatsieve_error splatsieve_queue(const splatsieve_bus *bus)
{
    if (splatsieve_status(bus).queued) return SPLATSIEVE_QUEUED;
    put(bus, SPLATSIEVE_REG_CONTROL, SPLATSIEVE_CONTROL_QUEUE_MASK);
    return SPLATSIEVE_OK;
}

void splatsieve_stop(const splatsieve_bus *bus)
{
    put(bus, SPLATSIEVE_REG_CONTROL, SPLATSIEVE_CONTROL_STOP_MASK);
}

#define FIELD(word, name) (((word) & SPLATSIEVE_##name##_MASK) >> SPLATSIEVE_##name##_SHIFT)

splatsieve_state splatsieve_status(const splatsieve_bus *bus)
{
    const uint32_t word = get(bus, SPLATSIEVE_REG_STATUS);
    splatsieve_state state;
    state.busy = FIELD(word, STATUS_BUSY) != 0;
    state.done = FIELD(word, STATUS_DONE) != 0;
    state.start_ignored = FIELD(word, STATUS_START_IGNORED) != 0;
    state.queued = FIELD(word, STATUS_QUEUED) != 0;
    state.code = FIELD(word, STATUS_CODE);
    state.frames = FIELD(word, STATUS_FRAMES);
    return state;
}

splatsieve_error splatsieve_wait(const splatsieve_bus *bus, uint32_t polls, splatsieve_state *state)
{
    do {
        *state = splatsieve_status(bus);
        if (!state->busy) return state->done ? SPLATSIEVE_OK : SPLATSIEVE_NOT_STARTED;
    } while (polls--);
    return SPLATSIEVE_TIMEOUT;
}

void splatsieve_counters(const splatsieve_bus *bus, uint32_t counters[SPLATSIEVE_COUNTERS])
{
    for (uint32_t n = 0; n < SPLATSIEVE_COUNTERS; ++n)
        counters[n] = get(bus, SPLATSIEVE_COUNTER_FIRST + 4 * n);
}

void splatsieve_enable_interrupts(const splatsieve_bus *bus, uint32_t causes)
{
    put(bus, SPLATSIEVE_REG_INTERRUPT_ENABLE, causes);
}

uint32_t splatsieve_acknowledge(const splatsieve_bus *bus)
{
    const uint32_t causes = get(bus, SPLATSIEVE_REG_INTERRUPT);
    put(bus, SPLATSIEVE_REG_INTERRUPT, causes);
    return causes;
}
