// Drives the Verilated color top between a source of splats, a memory of colour records and a sink;
// built and called by sim/rtl/color_harness.py.
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>

#include "Vtop.h"
#include "patterns.h"
#include "bind_top.h"  // written at build time: kBusBytes, read_data, set_constants, read_counters

namespace {

constexpr int kSplatWords = 11;  // 44 bytes, SPLAT_DTYPE
constexpr int kColorWords = 13;  // 52 bytes, COLORED_DTYPE

struct Burst {
    uint64_t address, ready_cycle;
    uint32_t beats;
};

}  // namespace

extern "C" {

struct ColorFrame {
    const int64_t* constants;
    const uint32_t* splats;
    uint64_t count;
    const uint8_t* records;
    uint64_t address, bytes;     // where they lie; elsewhere DECERR answers
    uint64_t latency_cycles;     // from an address taken to its first beat
    uint32_t idle_256;           // chances of 256: an idle input, a blocked output,
    uint32_t stall_256;
    uint32_t busy_256;           // a memory without a beat, and without room for an address
    uint32_t address_stall_256;
    uint64_t fail_beat;          // the n-th beat, from 1, answers SLVERR; 0 for none
    uint64_t seed, limit_cycles;
};

struct ColorRun {
    uint64_t cycles;       // from the first offered splat until not busy
    uint64_t splats;       // received
    uint64_t taken_cycles; // cycles until the last splat was taken
    uint64_t first_address_cycle, first_beat_cycle, first_color_cycle;  // 0-based
    uint64_t last_color_cycle;
    uint32_t counters[6];  // in the order of hw.stages.color.color.COUNTERS, beats, bursts
    uint32_t error;
    int32_t failure;       // 0 done, 1 over the limit, 2 a splat changed while it waited, 3 AXI
};

void color_run(const ColorFrame* frame, uint32_t* colors, ColorRun* result) {
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtop>(context.get());
    uint64_t random = frame->seed;
    *result = {};
    set_constants(*top, frame->constants);
    top->table = frame->address / 32;
    top->flush = top->s_axis_splat_tvalid = top->m_axis_color_tready = 0;
    top->m_axi_arready = top->m_axi_rvalid = 0;
    for (int cycle = 0; cycle < 4; ++cycle) {
        top->aresetn = cycle == 3;
        top->aclk = 0;
        top->eval();
        top->aclk = 1;
        top->eval();
    }
    std::deque<Burst> bursts;
    uint64_t next = 0, beats = 0, cycle = 0;
    uint32_t waiting[kColorWords];
    bool offers = false, waits = false, beat_valid = false, done = false;
    for (; cycle < frame->limit_cycles; ++cycle) {
        top->aclk = 0;
        if (!offers && next < frame->count && !happens(random, frame->idle_256)) {
            offers = true;
            std::memcpy(top->s_axis_splat_tdata.data(), frame->splats + next * kSplatWords, 44);
        }
        top->s_axis_splat_tvalid = offers;
        top->m_axis_color_tready = !happens(random, frame->stall_256);
        top->m_axi_arready = !happens(random, frame->address_stall_256);
        if (!beat_valid)
            beat_valid = !bursts.empty() && bursts.front().ready_cycle <= cycle &&
                         !happens(random, frame->busy_256);
        top->m_axi_rvalid = beat_valid;
        if (beat_valid) {
            const Burst& burst = bursts.front();
            const uint64_t at = burst.address - frame->address;
            const bool inside = burst.address >= frame->address && at + kBusBytes <= frame->bytes;
            if (inside) std::memcpy(read_data(*top), frame->records + at, kBusBytes);
            const bool fails = frame->fail_beat != 0 && beats + 1 == frame->fail_beat;
            top->m_axi_rresp = fails ? 2 : inside ? 0 : 3;
            top->m_axi_rlast = burst.beats == 1;
        }
        top->eval();
        done = next == frame->count && !top->busy;
        if (done) break;
        const uint32_t* color = top->m_axis_color_tdata.data();
        if (waits && (!top->m_axis_color_tvalid || std::memcmp(waiting, color, sizeof waiting)))
            result->failure = 2;
        waits = top->m_axis_color_tvalid && !top->m_axis_color_tready;
        if (waits) std::memcpy(waiting, color, sizeof waiting);
        if (top->m_axis_color_tvalid && top->m_axis_color_tready) {
            if (result->splats == frame->count) break;  // one too many: over the limit
            if (result->splats == 0) result->first_color_cycle = cycle;
            std::memcpy(colors + result->splats++ * kColorWords, color, sizeof waiting);
            result->last_color_cycle = cycle;
        }
        if (top->m_axi_arvalid && top->m_axi_arready) {
            const uint32_t length = top->m_axi_arlen + 1u;
            const uint64_t end = top->m_axi_araddr + uint64_t(length) * kBusBytes - 1;
            if ((top->m_axi_araddr >> 12) != (end >> 12)) result->failure = 3;
            if (result->first_address_cycle == 0) result->first_address_cycle = cycle;
            bursts.push_back({top->m_axi_araddr, cycle + frame->latency_cycles, length});
        }
        if (beat_valid && top->m_axi_rready) {
            if (beats++ == 0) result->first_beat_cycle = cycle;
            beat_valid = false;
            bursts.front().address += kBusBytes;
            if (--bursts.front().beats == 0) bursts.pop_front();
        }
        if (offers && top->s_axis_splat_tready) {
            offers = false;
            if (++next == frame->count) result->taken_cycles = cycle + 1;
        }
        top->aclk = 1;
        top->eval();
    }
    result->cycles = cycle;
    for (int n = 0; n < 3; ++n) {  // counters follow
        top->s_axis_splat_tvalid = top->m_axis_color_tready = top->m_axi_rvalid = 0;
        top->aclk = 1;
        top->eval();
        top->aclk = 0;
        top->eval();
    }
    read_counters(*top, result->counters);
    result->error = top->error;
    if (!done && result->failure == 0) result->failure = 1;
    top->final();
}

}  // extern "C"
