#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include <t3api/sandbox/keys/rotation.hpp>

#include "commands.hpp"
#include "end_signals.hpp"
#include "keeping.hpp"

namespace {

namespace sandbox = t3api::sandbox;

/// Tells how far it is, at most once a second.
class progress_lines {
 public:
  void operator()(const sandbox::rotation_report& so_far) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(1);
    std::fprintf(stderr, "%zu secret keys are under the newest key now\n", so_far.rewrapped);
  }

 private:
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

void tell_failures(const sandbox::rotation_report& report) {
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < (std::min)(most, report.failed.size()); ++i) {
    std::fprintf(stderr, "the secret key with the id %s stays as it is: %s\n", report.failed[i].id.c_str(),
                 report.failed[i].why.c_str());
  }
  if (report.failed.size() > most) {
    std::fprintf(stderr, "and %zu more\n", report.failed.size() - most);
  }
}

}  // namespace

int rotate(arguments given) {
  end_signals ends;
  keeping_options options;
  while (given.next()) {
    if (!read_keeping_option(given, options)) throw given.unknown();
  }
  if (options.data.empty()) throw usage_error("rotate needs --data DIR, where the secret keys are");
  take_ring_text(options);
  require_ring(options, "rotate");

  const auto ring = open_ring(options);
  const auto database = open_existing_database(options.data);
  require_own_ring(*database, ring, options.data);
  ends.heed();
  std::fprintf(stderr, "putting all secret keys under the key '%s'\n", ring->ring()->current().id.c_str());
  const auto report = sandbox::rotate(*database, ring, {.stop = ends.token(), .progress = progress_lines()});
  tell_failures(report);
  if (!report.finished) std::fputs("ended before it was done: run it again to go on\n", stderr);
  std::printf("%s\n", nlohmann::ordered_json({{"current", ring->ring()->current().id},
                                              {"rewrapped", report.rewrapped},
                                              {"skipped", report.skipped},
                                              {"failed", report.failed.size()},
                                              {"finished", report.finished}})
                          .dump()
                          .c_str());
  return report.finished && report.failed.empty() ? 0 : 1;
}
