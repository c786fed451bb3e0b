#ifndef T3API_TESTS_BENCH_SERVICE_BENCH_HPP
#define T3API_TESTS_BENCH_SERVICE_BENCH_HPP

/// Prints what the sandbox's service bears: requests a second beside nginx with the same bytes, the cost of a
/// request against the number of keys, memory for keys and packages. Throws std::exception.
void print_service_figures();

#endif
