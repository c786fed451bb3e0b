#ifndef T3API_SANDBOX_KEYS_ROTATION_HPP
#define T3API_SANDBOX_KEYS_ROTATION_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>
#include <t3api/sandbox/keys/vault.hpp>

namespace t3api::sandbox {

/// What a rotation has done so far, or in all.
struct rotation_report {
  /// A record that could not be opened and so stays as it is.
  struct failure {
    std::string id{};
    std::string why{};
  };

  std::size_t rewrapped = 0;
  std::size_t skipped = 0;  ///< Erased, or re-wrapped by another, while this one looked at them.
  std::vector<failure> failed{};
  bool finished =
      false;  ///< True when all records but the failed ones were under the current key at the end.
};

struct rotation_options {
  std::size_t batch = 100;  ///< Records that are read at once; at least 1.
  /// Asked for between records; what is done by then stays done.
  std::stop_token stop{};
  /// Told after each batch.
  std::function<void(const rotation_report&)> progress{};
};

/// Puts all records under the current key of the ring, while services use and change them and other rotations
/// run. Each record is replaced as a whole or not at all, so a rotation may end anywhere, by `stop`, a
/// failing database or the end of the process, and the next one does the rest. What is kept under an older
/// key meanwhile is found too: it looks until there is nothing left. Throws `database_error`.
inline rotation_report rotate(key_database& database, const std::shared_ptr<key_ring_source>& ring,
                              const rotation_options& options = {}) {
  const vault vault(ring);
  rotation_report report;
  for (;;) {
    const std::string current = ring->fresh_ring()->current().id;
    const std::size_t done_before = report.rewrapped + report.skipped;
    report.failed.clear();
    std::string after;
    for (;;) {
      const auto batch = database.not_under(current, after, options.batch > 0 ? options.batch : 1);
      if (batch.empty()) break;
      for (const auto& record : batch) {
        if (options.stop.stop_requested()) return report;
        try {
          // Nothing when the ring has a newer key by now: the next round is for that one.
          if (const auto renewed = vault.rewrap(record)) {
            const bool replaced = database.replace_credentials(record.id, record.credentials, *renewed);
            ++(replaced ? report.rewrapped : report.skipped);
          }
        } catch (const vault_error& wrong) {
          const auto now = database.find(record.key_hash);
          if (now && now->credentials.bytes == record.credentials.bytes) {
            report.failed.push_back({record.id, wrong.what()});
          } else {
            ++report.skipped;
          }
        }
      }
      after = batch.back().id;
      if (options.progress) options.progress(report);
    }
    const bool nothing_found = report.rewrapped + report.skipped == done_before;
    if (nothing_found && ring->fresh_ring()->current().id == current) break;
  }
  report.finished = true;
  return report;
}

}  // namespace t3api::sandbox

#endif
