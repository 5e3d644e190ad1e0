// Drives the Verilated cluster_cull top as fast as it goes; built and called by sim/cull_harness.py.
#include <cstdint>
#include <memory>

#include "Vtop.h"
#include "set_constants.h"  // written at build time: one assignment a frame constant

namespace {

constexpr int kRecordWords = 8;   // 32 bytes, CLUSTER_DTYPE
constexpr int kVisibleWords = 5;  // 20 bytes, VISIBLE_DTYPE

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

struct CullRun {
    uint64_t cycles;                // from the first offered record until the pipeline is empty
    uint64_t visible;               // records received
    uint64_t first_visible_cycle;   // cycle of the first received record, 0-based
    uint32_t counters[4];           // tested, visible, starved_cycles, stalled_cycles
    int32_t timed_out;
};

// Runs one frame. idle_256 and stall_256: chance of an idle input or a blocked output, of 256.
void cull_run(const int64_t* constants, const uint32_t* records, uint64_t count,
              uint32_t pipeline_cycles, uint32_t idle_256, uint32_t stall_256, uint64_t seed,
              uint64_t limit_cycles, uint32_t* visible, CullRun* result) {
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtop>(context.get());
    uint64_t random = seed;
    *result = {};
    set_constants(*top, constants);
    top->s_axis_tvalid = 0;
    top->m_axis_tready = 0;
    for (int cycle = 0; cycle < 4; ++cycle) {
        top->aresetn = cycle == 3;
        top->aclk = 0;
        top->eval();
        top->aclk = 1;
        top->eval();
    }

    const uint32_t* const start = visible;
    uint64_t taken = 0, drained = 0, cycle = 0;
    bool offered = false;  // a record once offered stays until it is taken
    while (drained < pipeline_cycles && cycle < limit_cycles) {
        top->aclk = 0;
        if (!offered) offered = taken < count && !happens(random, idle_256);
        top->s_axis_tvalid = offered;
        if (offered) {
            for (int w = 0; w < kRecordWords; ++w)
                top->s_axis_tdata[w] = records[taken * kRecordWords + w];
        }
        top->m_axis_tready = !happens(random, stall_256);
        top->eval();
        if (top->m_axis_tvalid && top->m_axis_tready) {
            if (visible == start) result->first_visible_cycle = cycle;
            for (int w = 0; w < kVisibleWords; ++w) *visible++ = top->m_axis_tdata[w];
        }
        if (taken == count && top->s_axis_tready) ++drained;
        if (offered && top->s_axis_tready) {
            ++taken;
            offered = false;
        }
        top->aclk = 1;
        top->eval();
        ++cycle;
    }
    result->cycles = cycle;
    result->visible = static_cast<uint64_t>(visible - start) / kVisibleWords;
    result->counters[0] = top->counter_tested;
    result->counters[1] = top->counter_visible;
    result->counters[2] = top->counter_starved_cycles;
    result->counters[3] = top->counter_stalled_cycles;
    result->timed_out = drained < pipeline_cycles;
    top->final();
}

}  // extern "C"
