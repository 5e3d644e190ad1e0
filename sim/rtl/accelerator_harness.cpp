// The Verilated accelerator top between a memory, a host and a sink of splats; built and called by
// sim/rtl/accelerator_harness.py.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "Vtop.h"
#include "patterns.h"
#include "Vtop___024root.h"
#include "bind_top.h"  // written at build time: kBusBytes, kLanes, kSplatWords, DRAWS, ACTIVITY, read_data(top), write_data(top) or splat_data(top), splat_keep(top, lane), inner_events(top)

#if ACTIVITY
#include "verilated_saif_c.h"
#endif

namespace {

struct Burst {
    uint64_t address, ready_cycle;
    uint32_t beats;
};

struct Answer {
    uint64_t ready_cycle;
    int response;
};

}  // namespace

extern "C" {

struct Memory {
    uint8_t* data;
    uint64_t address, bytes;      // where it lies; elsewhere DECERR answers
    uint64_t latency_cycles;      // from an address taken to its first beat
    uint32_t busy_256;            // chance of 256 that the memory has no beat in a cycle
    uint32_t address_stall_256;   // and that it takes no address
    uint32_t output_stall_256;    // and that the sink takes no splat
    uint64_t fail_beat;           // the n-th beat, from 1, answers SLVERR; 0 for none
    uint64_t fail_write;          // and the burst of the n-th beat written
    uint64_t odd_burst;           // the n-th burst read, from 1, ends `odd_beats` behind its length
    int64_t odd_beats;            // or before it, where negative, after one beat at least
    uint64_t seed;
    void* dram;                   // a DRAM record of sim/model/dram_port.py, and what clocks it; or null
    // Address and beats of a burst read and of one written, what the port did; what it does next.
    int64_t (*clock_dram)(void*, int64_t, int64_t, int64_t, int64_t, int64_t);
};

// What a DRAM's port does in a cycle.
enum DramPort : int64_t { kHasBeat = 1, kTakesBeat = 2, kHasAnswer = 4 };

struct Counts {
    uint64_t cycle;       // since the reset
    uint64_t beats, bursts, bytes;
    uint64_t first_beat_cycle, last_beat_cycle;  // since counts were cleared
    uint64_t frames;      // tlast seen
    uint64_t splats;      // waiting to be fetched
    uint32_t violations;  // of AXI rules: 1 crosses 4 KiB, 2 unsteady address, 4 unsteady splat, 8 too long, 16 unsteady write, 32 wlast
    uint32_t irq;
    uint64_t write_beats, write_bursts;
    uint64_t owed;                // bursts that are not answered whole
};

// As sim/rtl/accelerator_events.py has them; those in between are the bits of inner_events.
enum Kind : uint32_t { kAddress, kBeat, kInner, kSplats = 6, kInterrupt, kWrite };

struct Event {
    uint64_t cycle, value;
    uint32_t kind, more;
};

struct Accelerator {
    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<Vtop> top;
#if ACTIVITY
    std::unique_ptr<VerilatedSaifC> activity;
    uint64_t looked, window_cycles, period_cycles;
#endif
    Memory memory;
    Counts counts;
    uint64_t random;
    std::deque<Burst> bursts;
    std::vector<uint32_t> splats;
    std::vector<uint64_t> frame_ends;  // splats in the vector at each tlast
    std::deque<Burst> writes;
    std::deque<Answer> answers;
    uint64_t waiting_write;
    int write_response;
    bool write_waits;
    bool address_waits, splat_waits, beat_valid, keeps_events;
    std::vector<Event> events;
    uint64_t waiting_address;
    int64_t says, moved, read_address, read_beats, write_address, write_beats;  // of a DRAM
    uint32_t waiting_splat[kSplatWords * kLanes];  // unused where it draws
};

static void drive_memory(Accelerator& a) {
    Vtop& top = *a.top;
    top.m_axi_arready = !happens(a.random, a.memory.address_stall_256);
    // A beat that was offered stays: the master takes it at once or later.
    if (a.memory.dram)
        a.beat_valid = a.says & kHasBeat;
    else if (!a.beat_valid)
        a.beat_valid = !a.bursts.empty() && a.bursts.front().ready_cycle <= a.counts.cycle &&
                       !happens(a.random, a.memory.busy_256);
    top.m_axi_rvalid = a.beat_valid;
    if (a.beat_valid) {
        const Burst& burst = a.bursts.front();
        const Memory& m = a.memory;
        const bool inside = burst.address >= m.address && burst.address + kBusBytes <= m.address + m.bytes;
        if (inside) std::memcpy(read_data(top), m.data + (burst.address - m.address), kBusBytes);
        const bool fails = m.fail_beat != 0 && a.counts.beats + 1 == m.fail_beat;
        top.m_axi_rresp = fails ? 2 : inside ? 0 : 3;
        top.m_axi_rlast = burst.beats == 1;
    }
#if DRAWS
    // Data is taken behind its address; the answer comes as late as a read's first beat.
    top.m_axi_awready = !happens(a.random, a.memory.address_stall_256);
    top.m_axi_wready = !a.writes.empty() && !happens(a.random, a.memory.busy_256);
    top.m_axi_bvalid = !a.answers.empty() && a.answers.front().ready_cycle <= a.counts.cycle;
    if (a.memory.dram) {
        top.m_axi_wready = bool(a.says & kTakesBeat);
        top.m_axi_bvalid = bool(a.says & kHasAnswer);
    }
    if (top.m_axi_bvalid) top.m_axi_bresp = a.answers.front().response;
#else
    top.m_axis_splat_tready = !happens(a.random, a.memory.output_stall_256);
#endif
}

#if DRAWS
static void watch_writes(Accelerator& a) {
    Vtop& top = *a.top;
    Counts& c = a.counts;
    Memory& m = a.memory;
    if (a.write_waits && (!top.m_axi_awvalid || top.m_axi_awaddr != a.waiting_write)) c.violations |= 16;
    a.write_waits = top.m_axi_awvalid && !top.m_axi_awready;
    a.waiting_write = top.m_axi_awaddr;
    if (top.m_axi_wvalid && top.m_axi_wready) {
        a.moved |= kTakesBeat;
        Burst& burst = a.writes.front();
        const bool inside = burst.address >= m.address && burst.address + kBusBytes <= m.address + m.bytes;
        const uint8_t* data = static_cast<const uint8_t*>(write_data(top));
        if (!inside) a.write_response = 3;
        for (int n = 0; inside && n < kBusBytes; ++n)
            if (top.m_axi_wstrb >> n & 1) m.data[burst.address - m.address + n] = data[n];
        ++c.write_beats;
        if (m.fail_write != 0 && c.write_beats == m.fail_write) a.write_response = 2;
        burst.address += kBusBytes;
        const bool last = --burst.beats == 0;
        if (last != bool(top.m_axi_wlast)) c.violations |= 32;
        if (last) {
            a.answers.push_back({c.cycle + m.latency_cycles, a.write_response});
            a.write_response = 0;
            a.writes.pop_front();
        }
    }
    if (top.m_axi_bvalid && top.m_axi_bready) {
        a.moved |= kHasAnswer;
        a.answers.pop_front();
    }
    if (top.m_axi_awvalid && top.m_axi_awready) {
        const uint32_t beats = top.m_axi_awlen + 1u;
        const uint64_t end = top.m_axi_awaddr + uint64_t(beats) * kBusBytes - 1;
        if ((top.m_axi_awaddr >> 12) != (end >> 12)) c.violations |= 1;
        if (beats > kBurstBeats) c.violations |= 8;
        a.writes.push_back({top.m_axi_awaddr, 0, beats});
        a.write_address = top.m_axi_awaddr;
        a.write_beats = beats;
        ++c.write_bursts;
    }
}
#endif

static void keep(Accelerator& a, uint32_t kind, uint64_t value, uint32_t more) {
    a.events.push_back({a.counts.cycle, value, kind, more});
}

// Before `watch`, which takes the beat out of its burst.
static void keep_events(Accelerator& a) {
    Vtop& top = *a.top;
    if (top.m_axi_arvalid && top.m_axi_arready) keep(a, kAddress, top.m_axi_araddr, top.m_axi_arlen + 1u);
    if (top.m_axi_rvalid && top.m_axi_rready) keep(a, kBeat, a.bursts.front().address, top.m_axi_rlast);
    const uint32_t inner = inner_events(top);
    for (uint32_t n = 0; kInner + n < kSplats; ++n)
        if (inner >> n & 1) keep(a, kInner + n, 0, 0);
#if !DRAWS
    if (top.m_axis_splat_tvalid && top.m_axis_splat_tready) {
        uint64_t splats = 0;
        for (int n = 0; n < kLanes; ++n) splats += splat_keep(top, n);
        keep(a, kSplats, splats, top.m_axis_splat_tlast);
    }
#endif
    if (top.irq && !a.counts.irq) keep(a, kInterrupt, 0, 0);
}

static void watch(Accelerator& a) {
    Vtop& top = *a.top;
    Counts& c = a.counts;
    if (a.address_waits && (!top.m_axi_arvalid || top.m_axi_araddr != a.waiting_address)) c.violations |= 2;
    a.address_waits = top.m_axi_arvalid && !top.m_axi_arready;
    a.waiting_address = top.m_axi_araddr;
    if (top.m_axi_arvalid && top.m_axi_arready) {
        const uint32_t beats = top.m_axi_arlen + 1u;
        const uint64_t end = top.m_axi_araddr + uint64_t(beats) * kBusBytes - 1;
        if ((top.m_axi_araddr >> 12) != (end >> 12)) c.violations |= 1;
        if (beats > kBurstBeats) c.violations |= 8;
        ++c.bursts;
        const int64_t given = beats + (c.bursts == a.memory.odd_burst ? a.memory.odd_beats : 0);
        a.read_address = top.m_axi_araddr;
        a.read_beats = given;
        a.bursts.push_back(
            {top.m_axi_araddr, c.cycle + a.memory.latency_cycles, uint32_t(std::max<int64_t>(given, 1))});
    }
    if (top.m_axi_rvalid && top.m_axi_rready) {
        if (c.beats++ == 0) c.first_beat_cycle = c.cycle;
        c.last_beat_cycle = c.cycle;
        a.beat_valid = false;
        a.moved |= kHasBeat;
        Burst& burst = a.bursts.front();
        burst.address += kBusBytes;
        if (--burst.beats == 0) a.bursts.pop_front();
    }
#if DRAWS
    watch_writes(a);
#else
    uint32_t* const splat = splat_data(top);
    if (a.splat_waits && (!top.m_axis_splat_tvalid ||
                          std::memcmp(splat, a.waiting_splat, sizeof a.waiting_splat) != 0))
        c.violations |= 4;
    a.splat_waits = top.m_axis_splat_tvalid && !top.m_axis_splat_tready;
    if (a.splat_waits) std::memcpy(a.waiting_splat, splat, sizeof a.waiting_splat);
    if (top.m_axis_splat_tvalid && top.m_axis_splat_tready) {
        for (int n = 0; n < kLanes; ++n)
            if (splat_keep(top, n))
                a.splats.insert(a.splats.end(), splat + n * kSplatWords, splat + (n + 1) * kSplatWords);
        if (top.m_axis_splat_tlast) {
            ++c.frames;
            a.frame_ends.push_back(a.splats.size() / kSplatWords);
        }
    }
    c.splats = a.splats.size() / kSplatWords;
#endif
    c.irq = top.irq;
}

static void cycle(Accelerator& a) {
    Vtop& top = *a.top;
    top.aclk = 0;
    drive_memory(a);
    top.eval();
    if (a.keeps_events) keep_events(a);
    a.moved = a.read_beats = a.write_beats = 0;
    watch(a);
    if (a.memory.dram)
        a.says = a.memory.clock_dram(a.memory.dram, a.read_address, a.read_beats, a.write_address,
                                     a.write_beats, a.moved);
    top.aclk = 1;
    top.eval();
#if ACTIVITY
    // Once a cycle: neither the clock nor glitches count.
    if (a.activity->isOpen() && a.counts.cycle % a.period_cycles < a.window_cycles)
        a.activity->dump(a.looked++);
#endif
    ++a.counts.cycle;
}

Accelerator* accelerator_new(const Memory* memory) {
    auto* a = new Accelerator{};
    a->context = std::make_unique<VerilatedContext>();
#if ACTIVITY
    a->context->traceEverOn(true);
#endif
    a->top = std::make_unique<Vtop>(a->context.get());
#if ACTIVITY
    a->activity = std::make_unique<VerilatedSaifC>();
    a->top->trace(a->activity.get(), 99);
#endif
    a->memory = *memory;
    a->random = memory->seed;
    Vtop& top = *a->top;
    top.aresetn = top.m_axi_aresetn = 0;
    top.s_axil_awvalid = top.s_axil_wvalid = top.s_axil_bready = 0;
    top.s_axil_arvalid = top.s_axil_rready = 0;
    for (int n = 0; n < 4; ++n) {
        top.aclk = 0;
        top.eval();
        top.aclk = 1;
        top.eval();
    }
    top.aresetn = top.m_axi_aresetn = 1;
    return a;
}

// Resets for so many cycles while the memory goes on: the core alone, or its memory port too.
void accelerator_reset(Accelerator* a, uint64_t cycles, int32_t port) {
    Vtop& top = *a->top;
    top.aresetn = 0;
    top.m_axi_aresetn = !port;
    for (uint64_t n = 0; n < cycles; ++n) {
        cycle(*a);
        a->splat_waits = false;
        if (port) a->address_waits = a->write_waits = false;
    }
    top.aresetn = top.m_axi_aresetn = 1;
    a->splats.clear();
    a->frame_ends.clear();
    a->counts.splats = 0;
}

void accelerator_delete(Accelerator* a) {
    Verilated::threadContextp(a->context.get());  // another one's may be gone already
    a->top->final();
    delete a;
}

#if ACTIVITY
// Transitions are counted from now on, in so many cycles of every period.
void accelerator_begin_activity(Accelerator* a, const char* path, uint64_t window, uint64_t period) {
    a->looked = 0;
    a->window_cycles = window;
    a->period_cycles = period;
    a->activity->open(path);
}

// Cycles looked at; the file of accelerator_begin_activity is whole.
uint64_t accelerator_end_activity(Accelerator* a) {
    a->activity->close();
    return a->looked;
}
#endif

// Response of the write, 0 for OKAY; -1 where none came.
int accelerator_write(Accelerator* a, uint32_t offset, uint32_t value) {
    Vtop& top = *a->top;
    top.s_axil_awaddr = offset;
    top.s_axil_wdata = value;
    top.s_axil_wstrb = 15;
    top.s_axil_awvalid = top.s_axil_wvalid = top.s_axil_bready = 1;
    for (int n = 0; n < 64; ++n) {
        top.aclk = 0;
        top.eval();
        const bool address = top.s_axil_awvalid && top.s_axil_awready;
        const bool data = top.s_axil_wvalid && top.s_axil_wready;
        const bool done = top.s_axil_bvalid;
        const int response = top.s_axil_bresp;
        if (done && a->keeps_events) keep(*a, kWrite, offset, value);
        cycle(*a);
        if (address) top.s_axil_awvalid = 0;
        if (data) top.s_axil_wvalid = 0;
        if (done) {
            top.s_axil_bready = 0;
            return response;
        }
    }
    return -1;
}

int accelerator_read(Accelerator* a, uint32_t offset, uint32_t* value) {
    Vtop& top = *a->top;
    top.s_axil_araddr = offset;
    top.s_axil_arvalid = top.s_axil_rready = 1;
    for (int n = 0; n < 64; ++n) {
        top.aclk = 0;
        top.eval();
        const bool address = top.s_axil_arvalid && top.s_axil_arready;
        const bool done = top.s_axil_rvalid;
        const int response = top.s_axil_rresp;
        *value = top.s_axil_rdata;
        cycle(*a);
        if (address) top.s_axil_arvalid = 0;
        if (done) {
            top.s_axil_rready = 0;
            return response;
        }
    }
    return -1;
}

// Cycles run: until `limit`, or the interrupt.
uint64_t accelerator_run(Accelerator* a, uint64_t limit, int32_t until_irq) {
    uint64_t n = 0;
    while (n < limit) {
        cycle(*a);
        ++n;
        if (until_irq && a->counts.irq) break;
    }
    return n;
}

void accelerator_counts(Accelerator* a, Counts* counts) {
    *counts = a->counts;
    counts->owed = a->bursts.size() + a->writes.size() + a->answers.size();
}

void accelerator_set_memory(Accelerator* a, const Memory* memory) {
    a->memory = *memory;
    a->says = 0;
}

void accelerator_clear_counts(Accelerator* a) {
    Counts& c = a->counts;
    c.beats = c.bursts = c.bytes = c.first_beat_cycle = c.last_beat_cycle = 0;
    c.write_beats = c.write_bursts = 0;
}

void accelerator_keep_events(Accelerator* a, int32_t wanted) { a->keeps_events = wanted != 0; }

// Events kept so far; those that there is room for are copied, and all are forgotten then.
uint64_t accelerator_events(Accelerator* a, Event* events, uint64_t room) {
    const uint64_t count = a->events.size();
    if (events != nullptr) {
        std::memcpy(events, a->events.data(), std::min(count, room) * sizeof(Event));
        a->events.clear();
    }
    return count;
}

// Moves out what came so far; ends: for each tlast the splats before it, up to `most`.
uint64_t accelerator_splats(Accelerator* a, uint32_t* splats, uint64_t* ends, uint64_t most) {
    std::memcpy(splats, a->splats.data(), a->splats.size() * 4);
    const uint64_t frames = a->frame_ends.size();
    for (uint64_t n = 0; n < frames && n < most; ++n) ends[n] = a->frame_ends[n];
    a->splats.clear();
    a->frame_ends.clear();
    a->counts.splats = 0;
    return frames;
}

}  // extern "C"
