// Drives the Verilated gaussian_project top as fast as it goes; built and called by
// sim/project_harness.py.
#include <cstdint>
#include <memory>

#include "Vtop.h"

namespace {

constexpr int kMemberWords = 16;  // 64 bytes, MEMBER_DTYPE
constexpr int kSplatWords = 11;   // 44 bytes, SPLAT_DTYPE

struct Lane {  // the ports of one lane
    uint32_t* member;
    uint8_t *member_valid, *member_ready;
    uint32_t* splat;
    uint8_t *splat_valid, *splat_ready;
};

}  // namespace

#include "bind_top.h"  // written at build time: kLanes, set_constants, bind_lanes, read_counters

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

}  // namespace

extern "C" {

struct ProjectFrame {
    const int64_t* constants;
    const uint32_t* members;  // member i goes through lane i % kLanes
    uint64_t member_count;
    uint32_t idle_256;  // chances of 256: an idle input, a blocked output
    uint32_t stall_256;
    uint64_t seed;
    uint64_t limit_cycles;
};

struct ProjectRun {
    uint64_t cycles;              // from the first offered member until not busy
    uint64_t splats[8];           // received, a lane each
    uint64_t first_splat_cycle;   // cycle in which the first was taken, 0-based
    uint64_t taken_cycles;        // cycles until the last member was taken
    uint32_t counters[7];         // in the order of hw.gaussian_project.COUNTERS
    int32_t failure;              // 0 done, 1 over the limit, 2 a splat changed while it waited
};

// Splats of lane n go to splats + n * member_count * kSplatWords.
void project_run(const ProjectFrame* frame, uint32_t* splats, ProjectRun* result) {
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtop>(context.get());
    uint64_t random = frame->seed;
    *result = {};
    Lane lanes[kLanes];
    bind_lanes(*top, lanes);
    set_constants(*top, frame->constants);
    for (Lane& lane : lanes) *lane.member_valid = *lane.splat_ready = 0;
    for (int cycle = 0; cycle < 4; ++cycle) {
        top->aresetn = cycle == 3;
        top->aclk = 0;
        top->eval();
        top->aclk = 1;
        top->eval();
    }

    const uint64_t count = frame->member_count;
    uint64_t next[kLanes], received = 0, cycle = 0, taken = 0;
    uint32_t waiting[kLanes][kSplatWords];
    bool offers[kLanes] = {}, waits[kLanes] = {};
    for (int n = 0; n < kLanes; ++n) next[n] = n;
    bool done = false;
    for (; cycle < frame->limit_cycles; ++cycle) {
        top->aclk = 0;
        for (int n = 0; n < kLanes; ++n) {
            if (!offers[n]) offers[n] = next[n] < count && !happens(random, frame->idle_256);
            *lanes[n].member_valid = offers[n];
            if (offers[n])
                for (int w = 0; w < kMemberWords; ++w)
                    lanes[n].member[w] = frame->members[next[n] * kMemberWords + w];
            *lanes[n].splat_ready = !happens(random, frame->stall_256);
        }
        top->eval();
        done = taken == count && !top->busy;
        if (done) break;
        for (int n = 0; n < kLanes; ++n) {
            const Lane& lane = lanes[n];
            if (waits[n]) {  // a splat that waits must not change, nor go away
                bool same = *lane.splat_valid;
                for (int w = 0; w < kSplatWords; ++w) same &= waiting[n][w] == lane.splat[w];
                if (!same) result->failure = 2;
            }
            waits[n] = *lane.splat_valid && !*lane.splat_ready;
            if (waits[n])
                for (int w = 0; w < kSplatWords; ++w) waiting[n][w] = lane.splat[w];
            if (*lane.splat_valid && *lane.splat_ready) {
                if (received++ == 0) result->first_splat_cycle = cycle;
                uint32_t* to = splats + (n * count + result->splats[n]++) * kSplatWords;
                for (int w = 0; w < kSplatWords; ++w) to[w] = lane.splat[w];
            }
            if (offers[n] && *lane.member_ready) {
                offers[n] = false;
                next[n] += kLanes;
                if (++taken == count) result->taken_cycles = cycle + 1;
            }
        }
        top->aclk = 1;
        top->eval();
    }
    // Sums over the lanes are a cycle late.
    top->aclk = 1;
    top->eval();
    top->aclk = 0;
    top->eval();
    result->cycles = cycle;
    read_counters(*top, result->counters);
    if (!done && result->failure == 0) result->failure = 1;
    top->final();
}

}  // extern "C"
