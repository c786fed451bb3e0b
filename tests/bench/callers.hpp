#ifndef T3API_TESTS_BENCH_CALLERS_HPP
#define T3API_TESTS_BENCH_CALLERS_HPP

#include <functional>
#include <string>
#include <vector>

#include "fixed_server.hpp"

/// A call whose cost is measured.
struct measured_call {
  std::string name;  ///< As in "get-tls".
  bool tls;
  bool post;
  bool large;  ///< The answer.
};

/// GET of a small and of a large answer and POST of a small document, plain and over TLS.
const std::vector<measured_call>& measured_calls();

/// One way to make that call.
struct caller {
  std::string name;
  std::function<void()> once;  ///< On one kept connection. Throws std::exception.
};

/// All ways that are here, the bare socket first.
std::vector<caller> callers(const fixed_server& server, const measured_call& call);

#endif
