// Drives a Verilated pipeline, an item every cycle; built and called by sim/rtl/block_harness.py.
#include <cstdint>
#include <memory>

#include "Vtop.h"
#include "ports.h"  // written at build time: set_inputs and get_outputs, a line a port

extern "C" {

// Outputs of item i are read in cycle i + latency, before its clock edge. Around the items the
// inputs are the complement of the nearest one, so that a cycle early or late is never right.
void block_run(const uint64_t* const* inputs, uint64_t* const* outputs, uint64_t count,
               uint64_t latency) {
    if (count == 0) return;
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtop>(context.get());
    for (uint64_t cycle = 0; cycle < latency + 2; ++cycle) {
        set_inputs(*top, inputs, 0, ~0ull);
        top->aclk = 0;
        top->eval();
        top->aclk = 1;
        top->eval();
    }
    for (uint64_t cycle = 0; cycle < count + latency; ++cycle) {
        if (cycle < count)
            set_inputs(*top, inputs, cycle, 0);
        else
            set_inputs(*top, inputs, count - 1, ~0ull);
        top->aclk = 0;
        top->eval();
        if (cycle >= latency) get_outputs(*top, outputs, cycle - latency);
        top->aclk = 1;
        top->eval();
    }
    top->final();
}

}  // extern "C"
