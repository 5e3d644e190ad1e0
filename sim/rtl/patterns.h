// Patterns of waiting that a seed reproduces, for the harnesses beside it.
#pragma once
#include <cstdint>

namespace {

// splitmix64
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
