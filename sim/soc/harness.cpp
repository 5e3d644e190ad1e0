// Runs the system of LiteX, compiled by Verilator; built and called by sim/soc/simulator.py.
#include <cstdint>
#include <memory>
#include <string>

#include "Vtop.h"
#include "Vtop___024root.h"
#include "memories.h"  // written at build time: rom_word and sdram_word

namespace {

constexpr char kEndOfTransmission = 4;
constexpr uint64_t kWordBytes = 4;

struct System {
    VerilatedContext context;
    std::unique_ptr<Vtop> top = std::make_unique<Vtop>(&context);
    std::string said;
    uint64_t cycle = 0;

    System() {
        top->sim_trace = 0;
        top->serial_sink_valid = 0;
        top->serial_source_ready = 1;
        top->sys_clk = 0;
        top->eval();  // initial values come first, then what is put into the memories
    }

    void clock() {
        top->sys_clk = 1;
        top->eval();
        top->sys_clk = 0;
        top->eval();
        ++cycle;
    }
};

}  // namespace

extern "C" {

System* system_new() { return new System; }

void system_delete(System* system) {
    system->top->final();
    delete system;
}

void system_put_rom(System* system, const uint32_t* words, uint64_t count) {
    for (uint64_t n = 0; n < count; ++n) rom_word(*system->top, n) = words[n];
}

// From a byte address of the SDRAM on, from 0.
void system_put(System* system, uint64_t address, const uint32_t* words, uint64_t count) {
    for (uint64_t n = 0; n < count; ++n)
        sdram_word(*system->top, address / kWordBytes + n) = words[n];
}

void system_get(System* system, uint64_t address, uint32_t* words, uint64_t count) {
    for (uint64_t n = 0; n < count; ++n)
        words[n] = sdram_word(*system->top, address / kWordBytes + n);
}

// Until the end of transmission or the limit; the cycles since the start.
uint64_t system_run(System* system, uint64_t limit) {
    while (system->cycle < limit) {
        const bool byte = system->top->serial_source_valid;
        const char value = static_cast<char>(system->top->serial_source_data);
        system->clock();
        if (!byte) continue;
        if (value == kEndOfTransmission) break;
        system->said += value;
    }
    return system->cycle;
}

const char* system_said(const System* system) { return system->said.c_str(); }

}  // extern "C"
