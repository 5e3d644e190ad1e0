// Drives the Verilated cluster_cull top as fast as it goes; built and called by sim/rtl/cluster_cull_harness.py.
#include <cstdint>
#include <deque>
#include <memory>

#include "Vtop.h"
#include "patterns.h"
#include "set_constants.h"  // written at build time: one assignment a frame constant

namespace {

constexpr int kRecordWords = 8;   // 32 bytes, CLUSTER_DTYPE
constexpr int kVisibleWords = 5;  // 20 bytes, VISIBLE_DTYPE

struct Run {
    uint64_t next, end;    // clusters still to be sent
    uint64_t ready_cycle;  // the first may be offered in this cycle
};

}  // namespace

extern "C" {

struct CullFrame {
    const int64_t* constants;
    const uint32_t* groups;
    uint64_t group_count;
    const uint32_t* clusters;
    uint64_t cluster_count;
    uint64_t memory_cycles;  // from a request taken to its first cluster offered
    uint32_t idle_256;       // chances of 256: an idle input, a blocked output
    uint32_t stall_256;
    uint64_t seed;
    uint64_t limit_cycles;
};

struct CullRun {
    uint64_t cycles;               // from the first offered group until not busy
    uint64_t visible;              // records received
    uint64_t first_request_cycle;  // cycle of the first request taken, 0-based
    uint64_t first_visible_cycle;  // cycle of the first visible cluster taken, 0-based
    uint32_t counters[7];          // in the order of hw.cluster_cull.COUNTERS
    int32_t failure;               // 0 done, 1 over the limit, 2 a request outside the table,
                                   // 3 more visible clusters than there are
};

void cull_run(const CullFrame* frame, uint32_t* visible, CullRun* result) {
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtop>(context.get());
    uint64_t random = frame->seed;
    *result = {};
    set_constants(*top, frame->constants);
    top->s_axis_group_tvalid = top->s_axis_cluster_tvalid = 0;
    top->m_axis_request_tready = top->m_axis_visible_tready = 0;
    for (int cycle = 0; cycle < 4; ++cycle) {
        top->aresetn = cycle == 3;
        top->aclk = 0;
        top->eval();
        top->aclk = 1;
        top->eval();
    }

    const uint32_t* const start = visible;
    const uint32_t* const limit = visible + frame->cluster_count * kVisibleWords;
    std::deque<Run> runs;
    uint64_t group = 0, requests = 0, cycle = 0;
    bool offer_group = false, offer_cluster = false;  // once offered, a record stays
    bool done = false;
    for (; cycle < frame->limit_cycles; ++cycle) {
        top->aclk = 0;
        if (!offer_group) offer_group = group < frame->group_count && !happens(random, frame->idle_256);
        if (!offer_cluster)
            offer_cluster = !runs.empty() && runs.front().ready_cycle <= cycle &&
                            !happens(random, frame->idle_256);
        top->s_axis_group_tvalid = offer_group;
        top->s_axis_cluster_tvalid = offer_cluster;
        for (int w = 0; w < kRecordWords; ++w) {
            if (offer_group) top->s_axis_group_tdata[w] = frame->groups[group * kRecordWords + w];
            if (offer_cluster)
                top->s_axis_cluster_tdata[w] =
                    frame->clusters[runs.front().next * kRecordWords + w];
        }
        top->m_axis_request_tready = !happens(random, frame->stall_256);
        top->m_axis_visible_tready = !happens(random, frame->stall_256);
        top->eval();
        done = group == frame->group_count && !top->busy;
        if (done) break;
        if (top->m_axis_visible_tvalid && top->m_axis_visible_tready) {
            if (visible == start) result->first_visible_cycle = cycle;
            if (visible == limit) {
                result->failure = 3;
                break;
            }
            for (int w = 0; w < kVisibleWords; ++w) *visible++ = top->m_axis_visible_tdata[w];
        }
        if (offer_cluster && top->s_axis_cluster_tready) {
            offer_cluster = false;
            if (++runs.front().next == runs.front().end) runs.pop_front();
        }
        if (top->m_axis_request_tvalid && top->m_axis_request_tready) {
            const uint64_t base = top->m_axis_request_tdata & 0xFFFFFFFFu;
            const uint64_t count = (top->m_axis_request_tdata >> 32) & 0xFFFFu;
            if (requests++ == 0) result->first_request_cycle = cycle;
            if (count == 0 || base + count > frame->cluster_count) {
                result->failure = 2;
                break;
            }
            runs.push_back({base, base + count, cycle + frame->memory_cycles});
        }
        if (offer_group && top->s_axis_group_tready) {
            offer_group = false;
            ++group;
        }
        top->aclk = 1;
        top->eval();
    }
    result->cycles = cycle;
    result->visible = static_cast<uint64_t>(visible - start) / kVisibleWords;
    const uint32_t counters[7] = {
        top->counter_groups_tested,   top->counter_groups_visible, top->counter_clusters_tested,
        top->counter_clusters_visible, top->counter_starved_cycles, top->counter_stalled_cycles,
        top->counter_request_cycles};
    for (int i = 0; i < 7; ++i) result->counters[i] = counters[i];
    if (!done && result->failure == 0) result->failure = 1;
    top->final();
}

}  // extern "C"
