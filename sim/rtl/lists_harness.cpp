// Drives the Verilated tile_bin and depth_sort with a memory between them; built and called by
// sim/rtl/lists_harness.py.
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>

#include "Vtop.h"

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

constexpr int kEntryWords = 4;
constexpr int kRecordBytes = 32;

}  // namespace

#include "bind_top.h"  // written at build time: kSplatWords, kDataBytes, set_constants, counters

extern "C" {

struct ListsFrame {
    const int64_t* constants;
    const uint32_t* splats;
    uint64_t splat_count;
    uint8_t* memory;        // the whole memory, from byte address 0 on
    uint64_t memory_bytes;
    uint64_t window_first, window_end;  // of the list memory
    uint32_t idle_256, stall_256, busy_256;  // input, write and output taken, memory's answers
    uint32_t latency_cycles;  // of a read, from its request
    uint64_t seed;
    uint64_t stop_cycle;  // a reset in this cycle of the filling, then the frame anew; 0: none
    uint64_t sort_stop_cycle;  // the same of the sorting, with the filling before it anew
    uint64_t frames_before;  // the same frame so often before, without a reset between
    uint64_t limit_cycles;
};

struct ListsRun {
    uint64_t fill_cycles, sort_cycles;
    uint64_t entries;         // received
    uint64_t beats, records;  // written, read
    uint64_t first_entry_cycle;
    uint32_t outcome, bins;
    uint32_t counters[7];
    int32_t failure;  // see FAILURES of lists_harness.py
};

}

namespace {

struct Bench {
    const ListsFrame& frame;
    ListsRun& run;
    Vtop& top;
    uint64_t random;

    void low() {
        top.aclk = 0;
        top.eval();
    }
    void high() {
        top.aclk = 1;
        top.eval();
    }
    void reset() {
        top.splat_valid = top.start = top.finish = top.sort_start = top.slots_valid = 0;
        top.writes_ready = top.requests_ready = top.o_ready = 0;
        top.reset = 1;
        for (int n = 0; n < 3; ++n) low(), high();
        top.reset = 0;
    }

    // Fills the lists; false where it was stopped or failed.
    bool fill(uint64_t stop) {
        uint64_t next = 0, cycle = 0, run_address = 0;
        bool offers = false, waits = false, runs = false;
        uint64_t held[2 + kDataBytes / 8 + 4];
        run.beats = 0;
        top.start = 1;
        low();
        high();
        top.start = 0;
        for (;; ++cycle) {
            if (cycle == frame.limit_cycles) return fail(1);
            if (stop && cycle == stop) return false;
            if (!offers && next < frame.splat_count && !happens(random, frame.idle_256)) {
                offers = true;
                for (int w = 0; w < kSplatWords; ++w)
                    top.splat_payload[w] = frame.splats[next * kSplatWords + w];
            }
            top.splat_valid = offers;
            top.finish = next == frame.splat_count;
            top.writes_ready = !happens(random, frame.stall_256);
            low();
            if (top.bin_done) break;
            if (waits && !top.writes_valid) return fail(2);
            if (top.writes_valid) {
                uint64_t now[2 + kDataBytes / 8 + 4] = {};
                now[0] = top.writes_address << 1 | top.writes_last;
                now[1] = top.writes_strobe;
                std::memcpy(now + 2, write_data(top), kDataBytes);
                if (waits && std::memcmp(now, held, sizeof now)) return fail(2);
                std::memcpy(held, now, sizeof now);
                if (top.writes_ready && !write(runs, run_address)) return false;
            }
            waits = top.writes_valid && !top.writes_ready;
            if (offers && top.splat_ready) {
                offers = false;
                ++next;
            }
            high();
        }
        high();
        run.fill_cycles = cycle;
        run.outcome = top.outcome;
        run.bins = top.bins;
        return runs ? fail(5) : true;
    }

    // A beat into the memory: within the window, aligned, runs of consecutive addresses.
    bool write(bool& runs, uint64_t& expected) {
        uint64_t address = top.writes_address;
        if (address % kDataBytes || (runs && address != expected)) return fail(5);
        runs = !top.writes_last;
        expected = address + kDataBytes;
        const uint8_t* data = write_data(top);
        for (int n = 0; n < kDataBytes; ++n) {
            if (!(top.writes_strobe >> n & 1)) continue;
            if (address + n < frame.window_first || address + n >= frame.window_end) return fail(3);
            frame.memory[address + n] = data[n];
        }
        ++run.beats;
        return true;
    }

    // Sorts the lists; false where it was stopped or failed.
    bool sort(uint64_t stop, uint32_t* entries, uint8_t* lasts, uint64_t capacity) {
        struct Read {
            uint64_t record, count, ready;
        };
        std::deque<Read> reads;
        bool waits = false, offered = false;
        uint32_t held[5];
        uint64_t cycle = 0;
        run.entries = run.records = 0;
        top.sort_start = 1;
        low();
        high();
        top.sort_start = 0;
        for (;; ++cycle) {
            if (cycle == frame.limit_cycles) return fail(1);
            if (stop && cycle == stop) return false;
            bool due = !reads.empty() && reads.front().ready <= cycle;
            offered = due && (offered || !happens(random, frame.busy_256));
            top.slots_valid = offered;
            int taken = 0;
            if (offered) {
                const Read& read = reads.front();
                taken = offer_slots(top, frame.memory + read.record * kRecordBytes, read.count);
            }
            top.requests_ready = reads.size() < 16 && !happens(random, frame.stall_256);
            top.o_ready = !happens(random, frame.stall_256);
            low();
            if (!top.sort_busy) break;
            if (waits && (!top.o_valid || std::memcmp(held, &top.o_payload[0], sizeof held)))
                return fail(2);
            waits = top.o_valid && !top.o_ready;
            std::memcpy(held, &top.o_payload[0], sizeof held);
            if (top.o_valid && top.o_ready) {
                if (run.entries == capacity) return fail(4);
                if (run.entries == 0) run.first_entry_cycle = cycle;
                std::memcpy(entries + run.entries * kEntryWords, held, 16);
                lasts[run.entries++] = held[4] & 1;
            }
            if (offered && top.slots_ready) {
                offered = false;
                Read& read = reads.front();
                run.records += taken;
                read.record += taken;
                read.count -= taken;
                if (read.count == 0) reads.pop_front();
            }
            if (top.requests_valid && top.requests_ready) {
                uint64_t first = top.requests_record, count = top.requests_count;
                if (count == 0 || first * kRecordBytes < frame.window_first ||
                    (first + count) * kRecordBytes > frame.window_end)
                    return fail(3);
                reads.push_back({first, count, cycle + 1 + frame.latency_cycles});
            }
            high();
        }
        high();
        run.sort_cycles = cycle;
        return reads.empty() ? true : fail(5);
    }

    void probe(uint64_t bins, uint64_t pages, int64_t* length, int64_t* first, int64_t* next) {
        top.probe = 1;
        for (uint64_t n = 0; n < bins || n < pages; ++n) {
            top.probe_number = n < bins ? n : 0;
            top.probe_page = n < pages ? n : 0;
            for (int cycle = 0; cycle < 3; ++cycle) low(), high();
            if (n < bins) length[n] = top.length, first[n] = top.first_page;
            if (n < pages) next[n] = top.next_page;
        }
        top.probe = 0;
    }

    bool fail(int what) {
        run.failure = what;
        return false;
    }
};

}  // namespace

extern "C" {

void lists_run(const ListsFrame* frame, int64_t* length, int64_t* first, int64_t* next,
               uint64_t pages, uint32_t* entries, uint8_t* lasts, uint64_t capacity,
               ListsRun* result) {
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtop>(context.get());
    *result = {};
    Bench bench{*frame, *result, *top, frame->seed};
    set_constants(*top, frame->constants);
    bench.reset();
    if (frame->stop_cycle) {
        bench.fill(frame->stop_cycle);
        bench.reset();
    }
    if (frame->sort_stop_cycle && !result->failure) {
        if (bench.fill(0) && result->outcome == 0)
            bench.sort(frame->sort_stop_cycle, entries, lasts, capacity);
        bench.reset();
    }
    for (uint64_t n = 0; n < frame->frames_before && !result->failure; ++n)
        if (bench.fill(0) && result->outcome == 0) bench.sort(0, entries, lasts, capacity);
    if (!result->failure && bench.fill(0)) {
        if (result->outcome == 2)
            result->bins = 0;  // refused: there are no lists
        else
            bench.probe(result->bins, pages, length, first, next);
        if (result->outcome == 0) bench.sort(0, entries, lasts, capacity);
    }
    read_counters(*top, result->counters);
    top->final();
}

}  // extern "C"
