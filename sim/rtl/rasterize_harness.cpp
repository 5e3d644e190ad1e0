// Drives the Verilated rasterize top as fast as it goes; built and called by
// sim/rtl/rasterize_harness.py.
#include <cstdint>
#include <cstring>
#include <memory>

#include "Vtop.h"

namespace {

constexpr int kEntryWords = 4;  // 16 bytes

struct Bin {
    uint64_t x, y, columns, rows, address;
};

struct Ports {
    uint32_t* entry;
    uint32_t* data;
    uint8_t* strobe;
};

}  // namespace

#include "bind_top.h"  // kBeatBytes, kCounters, bind_ports, set_bin, set_constants, read_counters

namespace {

// splitmix64: idle and back-pressure patterns that a seed reproduces.
uint64_t next_random(uint64_t& state) {
    uint64_t z = (state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

bool happens(uint64_t& state, uint32_t of_256) {
    return of_256 != 0 && (next_random(state) & 255) < of_256;
}

struct Beat {
    uint64_t address;
    uint8_t last;
    uint8_t data[kBeatBytes], strobe[kBeatBytes / 8];
    bool operator==(const Beat& other) const { return !std::memcmp(this, &other, sizeof(Beat)); }
};

}  // namespace

extern "C" {

struct RasterFrame {
    const int64_t* constants;
    const Bin* bins;
    const uint64_t* offsets;  // of each bin's entries, and the end
    const uint32_t* entries;
    uint64_t bin_count;
    uint8_t* picture;
    uint64_t picture_base, picture_bytes;
    uint32_t idle_bin_256, idle_256, stall_256;  // chances of 256
    uint32_t uses_drain;                         // cuts a list short where the top says so
    uint64_t seed, limit_cycles;
    uint64_t reset_cycle;  // 0: none; else a reset in that cycle, and the frame from its start
};

struct RasterRun {
    uint64_t cycles;        // from the first cycle after the reset until not busy
    uint64_t beats;
    uint64_t first_beat_cycle;
    uint64_t entries;       // taken
    uint32_t counters[kCounters];
    int32_t failure;  // 0 done, 1 over the limit, 2 a beat changed, 3 a beat outside or out of order
};

void raster_run(const RasterFrame* frame, RasterRun* result) {
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtop>(context.get());
    uint64_t random = frame->seed;
    *result = {};
    Ports port;
    bind_ports(*top, port);
    set_constants(*top, frame->constants);
    uint64_t cycle = 0, bin = 0, entry_bin = 0, entry = frame->offsets[0], expected = 0;
    bool offers_bin = false, offers = false, waits = false, in_run = false, done = false;
    Beat waiting{}, now{};
    int reset_left = 4;
    uint64_t total = 0;
    for (; total < frame->limit_cycles; ++total) {
        if (frame->reset_cycle && total == frame->reset_cycle) {
            reset_left = 3;
            bin = entry_bin = cycle = 0;
            entry = frame->offsets[0];
            offers_bin = offers = waits = in_run = false;
            result->beats = result->entries = result->first_beat_cycle = 0;
        }
        top->aclk = 0;
        top->aresetn = reset_left == 0;
        if (reset_left > 0) {
            top->s_bin_valid = top->s_entry_valid = top->m_beat_ready = 0;
            top->eval();
            top->aclk = 1;
            top->eval();
            --reset_left;
            continue;
        }
        if (!offers_bin && bin < frame->bin_count && !happens(random, frame->idle_bin_256)) {
            offers_bin = true;
            set_bin(*top, frame->bins[bin]);
        }
        if (!offers && entry_bin < frame->bin_count && !happens(random, frame->idle_256)) {
            offers = true;
            std::memcpy(port.entry, frame->entries + entry * kEntryWords, 4 * kEntryWords);
            top->s_entry_last = entry + 1 == frame->offsets[entry_bin + 1];
        }
        top->s_bin_valid = offers_bin;
        top->s_entry_valid = offers;
        top->m_beat_ready = !happens(random, frame->stall_256);
        top->eval();
        // A beat that is on offer keeps what it is; the rule lets only `last` of a new one change.
        done = bin == frame->bin_count && entry_bin == frame->bin_count && !top->busy;
        if (done) break;
        if (top->m_beat_valid) {
            std::memset(&now, 0, sizeof(now));
            now.address = top->m_beat_address;
            now.last = top->m_beat_last;
            std::memcpy(now.data, port.data, kBeatBytes);
            std::memcpy(now.strobe, port.strobe, kBeatBytes / 8);
        }
        if (waits && !(top->m_beat_valid && now == waiting)) result->failure = 2;
        waits = top->m_beat_valid && !top->m_beat_ready;
        waiting = now;
        if (top->m_beat_valid && top->m_beat_ready) {
            if (result->beats++ == 0) result->first_beat_cycle = cycle;
            uint64_t at = now.address - frame->picture_base;
            bool fits = now.address >= frame->picture_base && now.address % kBeatBytes == 0;
            if (in_run && now.address != expected) fits = false;
            for (int n = 0; n < kBeatBytes; ++n) {
                if (!(now.strobe[n / 8] >> (n % 8) & 1)) continue;
                if (at + n < frame->picture_bytes) frame->picture[at + n] = now.data[n];
                else fits = false;
            }
            if (!fits) result->failure = 3;
            in_run = !now.last;
            expected = now.address + kBeatBytes;
        }
        if (offers_bin && top->s_bin_ready) {
            offers_bin = false;
            ++bin;
        }
        if (offers && top->s_entry_ready) {
            offers = false;
            ++result->entries;
            if (top->s_entry_last) entry = frame->offsets[++entry_bin];
            else ++entry;
            if (frame->uses_drain && top->drain && !top->s_entry_last &&
                entry_bin < frame->bin_count)
                entry = frame->offsets[entry_bin + 1] - 1;
        }
        top->aclk = 1;
        top->eval();
        ++cycle;
    }
    result->cycles = cycle;
    top->s_bin_valid = top->s_entry_valid = top->m_beat_ready = 0;
    for (int n = 0; n < 8; ++n) {  // counters follow some cycles late
        top->aclk = 1;
        top->eval();
        top->aclk = 0;
        top->eval();
    }
    read_counters(*top, result->counters);
    if (!done && result->failure == 0) result->failure = 1;
    top->final();
}

}  // extern "C"
