// Drives the Verilated gaussian_project top as fast as it goes; built and called by
// sim/rtl/gaussian_project_harness.py.
#include <cstdint>
#include <memory>

#include "Vtop.h"
#include "patterns.h"

namespace {

constexpr int kMemberWords = 16;  // 64 bytes, MEMBER_DTYPE
constexpr int kSplatWords = 11;   // 44 bytes, SPLAT_DTYPE; kSlotWords of them with what is above

struct Ports {  // of both streams
    uint32_t* member;
    uint8_t *member_lanes, *member_valid, *member_ready;
    uint32_t* splat;
    uint8_t *splat_lanes, *splat_valid, *splat_ready;
};

}  // namespace

#include "bind_top.h"  // written at build time: kLanes, bind_ports, set_constants, read_counters

extern "C" {

struct ProjectFrame {
    const int64_t* constants;
    const uint32_t* members;
    uint64_t member_count;
    uint32_t idle_256;  // chances of 256: an idle input, an empty lane, a blocked output
    uint32_t gap_256;
    uint32_t stall_256;
    uint64_t seed;
    uint64_t limit_cycles;
};

struct ProjectRun {
    uint64_t cycles;             // from the first offered beat until not busy
    uint64_t splats;             // received
    uint64_t first_splat_cycle;  // cycle in which the first was taken, 0-based
    uint64_t taken_cycles;       // cycles until the last member was taken
    uint64_t beats;              // taken
    uint32_t counters[7];        // in the order of hw.gaussian_project.COUNTERS
    int32_t failure;             // 0 done, 1 over the limit, 2 a splat changed while it waited
};

void project_run(const ProjectFrame* frame, uint32_t* splats, ProjectRun* result) {
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtop>(context.get());
    uint64_t random = frame->seed;
    *result = {};
    Ports port;
    bind_ports(*top, port);
    set_constants(*top, frame->constants);
    *port.member_valid = *port.splat_ready = 0;
    for (int cycle = 0; cycle < 4; ++cycle) {
        top->aresetn = cycle == 3;
        top->aclk = 0;
        top->eval();
        top->aclk = 1;
        top->eval();
    }

    const uint64_t count = frame->member_count;
    uint64_t next = 0, cycle = 0;
    uint32_t waiting[kLanes * kSlotWords];
    uint8_t waiting_lanes = 0;
    bool offers = false, waits = false, done = false;
    int offered = 0;  // members in the beat on offer
    for (; cycle < frame->limit_cycles; ++cycle) {
        top->aclk = 0;
        if (!offers && next < count && !happens(random, frame->idle_256)) {
            offers = true;
            offered = 0;
            *port.member_lanes = 0;
            for (int n = 0; n < kLanes && next + offered < count; ++n) {
                if (kLanes > 1 && happens(random, frame->gap_256)) continue;
                const uint32_t* from = frame->members + (next + offered++) * kMemberWords;
                for (int w = 0; w < kMemberWords; ++w) port.member[n * kMemberWords + w] = from[w];
                *port.member_lanes |= 1 << n;
            }
        }
        *port.member_valid = offers;
        *port.splat_ready = !happens(random, frame->stall_256);
        top->eval();
        done = next == count && !top->busy;
        if (done) break;
        if (waits) {  // a beat that waits must not change, nor go away
            bool same = *port.splat_valid && *port.splat_lanes == waiting_lanes;
            for (int w = 0; w < kLanes * kSlotWords; ++w) same &= waiting[w] == port.splat[w];
            if (!same) result->failure = 2;
        }
        waits = *port.splat_valid && !*port.splat_ready;
        waiting_lanes = *port.splat_lanes;
        if (waits)
            for (int w = 0; w < kLanes * kSlotWords; ++w) waiting[w] = port.splat[w];
        if (*port.splat_valid && *port.splat_ready) {
            if (result->splats == 0) result->first_splat_cycle = cycle;
            for (int n = 0; n < kLanes; ++n) {
                if (!(*port.splat_lanes >> n & 1)) continue;
                uint32_t* to = splats + result->splats++ * kSplatWords;
                for (int w = 0; w < kSplatWords; ++w) to[w] = port.splat[n * kSlotWords + w];
            }
        }
        if (offers && *port.member_ready) {
            offers = false;
            next += offered;
            ++result->beats;
            if (next == count) result->taken_cycles = cycle + 1;
        }
        top->aclk = 1;
        top->eval();
    }
    result->cycles = cycle;
    for (int n = 0; n < 2; ++n) {  // counters follow a cycle late
        *port.member_valid = *port.splat_ready = 0;
        top->aclk = 1;
        top->eval();
        if (n == 0) {
            top->aclk = 0;
            top->eval();
        }
    }
    read_counters(*top, result->counters);
    if (!done && result->failure == 0) result->failure = 1;
    top->final();
}

}  // extern "C"
