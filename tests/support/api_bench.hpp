#ifndef T3API_TESTS_SUPPORT_API_BENCH_HPP
#define T3API_TESTS_SUPPORT_API_BENCH_HPP

#include "tests/support/client_kit.hpp"

#include <t3api/auth/none.hpp>

namespace t3api::test {

/// A client that needs no token, and the script that answers it: what a test of one endpoint works on.
struct api_bench {
  t3api::scripted_transport script{};
  scripted_client<t3api::no_auth> client{script, t3api::no_auth(), patient_config(make_clock())};
};

}  // namespace t3api::test

namespace test = t3api::test;

#endif
