#ifndef T3API_TESTS_BENCH_ALLOCATION_COUNT_HPP
#define T3API_TESTS_BENCH_ALLOCATION_COUNT_HPP

#include <cstddef>

/// How often this program has allocated memory with `new` so far.
std::size_t allocation_count() noexcept;

#endif
